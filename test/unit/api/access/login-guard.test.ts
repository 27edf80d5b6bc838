import { expect, test } from 'vitest'
import { LoginGuard, type LoginAttack } from '../../../../src/api/access/login-guard.ts'

const HERE = { address: '198.51.100.1', port: 8460 }

function guarded(perMinute = 3) {
  let nowMs = 1_000_000
  const attacks: LoginAttack[] = []
  const guard = new LoginGuard({
    perMinute,
    clock: { nowMs: () => nowMs },
    onAttack: (attack) => void attacks.push(attack),
  })
  const fail = (address: string | null): number => guard.failed(address, HERE)
  return { fail, attacks, pass: (ms: number) => void (nowMs += ms) }
}

test('a peer may fail as often as it may in a minute, then has to wait for its end', () => {
  const { fail, pass } = guarded()
  expect([fail('192.0.2.7'), fail('192.0.2.7'), fail('192.0.2.7')]).toEqual([0, 0, 0])
  pass(20_000)
  expect(fail('192.0.2.7')).toBe(40)
  pass(40_000)
  expect(fail('192.0.2.7')).toBe(0)
})

test('one peer does not make another wait', () => {
  const { fail } = guarded()
  for (let tries = 0; tries < 10; tries += 1) fail('192.0.2.7')
  expect(fail('192.0.2.8')).toBe(0)
})

test('the addresses of one IPv6 /64 are one peer', () => {
  const { fail } = guarded()
  for (let tries = 0; tries < 3; tries += 1) fail(`2001:db8::${tries}`)
  expect(fail('2001:db8::ffff')).toBeGreaterThan(0)
  expect(fail('2001:db8:0:1::1')).toBe(0)
})

test('an attack is told when the limit is reached and when it has doubled, as one story', () => {
  const { fail, attacks } = guarded()
  for (let tries = 0; tries < 14; tries += 1) fail('192.0.2.7')
  expect(attacks.map(({ failures }) => failures)).toEqual([3, 6, 12])
  expect(new Set(attacks.map(({ id }) => id)).size).toBe(1)
  expect(attacks[0]).toMatchObject({ address: '192.0.2.7', localAddress: '198.51.100.1' })
})

test('who rests begins a new story', () => {
  const { fail, attacks, pass } = guarded()
  for (let tries = 0; tries < 3; tries += 1) fail('192.0.2.7')
  pass(200_000)
  for (let tries = 0; tries < 3; tries += 1) fail('192.0.2.7')
  expect(attacks.map(({ failures }) => failures)).toEqual([3, 3])
  expect(attacks[0]!.id).not.toBe(attacks[1]!.id)
})

test('a flood of peers takes no more memory than the table has', () => {
  const { fail } = guarded(1)
  for (let peer = 0; peer < 10_000; peer += 1) fail(`10.0.${peer >> 8}.${peer & 255}`)
  expect(fail('10.0.39.15')).toBeGreaterThan(0)
  expect(fail('10.0.0.0')).toBe(0)
})
