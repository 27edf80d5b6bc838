import { expect, test } from 'vitest'
import { checkToken, createToken } from '../../../../src/api/access/token.ts'
import type { StoredToken, TokenStore } from '../../../../src/record/logs/api/token-store.ts'

const clock = { nowMs: () => 1_000_000 }

function memoryTokens(): TokenStore {
  const tokens = new Map<string, StoredToken>()
  return {
    save: (token) => Promise.resolve(void tokens.set(token.id, token)),
    get: (id) => tokens.get(id) ?? null,
    list: () => [...tokens.values()],
  }
}

const order = { scopes: ['read'], description: null, expiresAtMs: null, actor: 'local:0' } as const

test('a token has the form that scripts know, and 256 bits of secret', async () => {
  const { token, stored } = await createToken(memoryTokens(), clock, order)
  expect(token).toMatch(/^pkt_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/)
  expect(token).toContain(stored.id)
  expect(43 * Math.log2(62)).toBeGreaterThan(256)
})

test('no two tokens share an id, a salt or a secret', async () => {
  const tokens = memoryTokens()
  const made = await Promise.all(
    Array.from({ length: 200 }, () => createToken(tokens, clock, order)),
  )
  expect(new Set(made.map(({ stored }) => stored.id)).size).toBe(200)
  expect(new Set(made.map(({ stored }) => stored.salt)).size).toBe(200)
  expect(new Set(made.map(({ token }) => token.split('_')[2])).size).toBe(200)
})

test('the letters of secrets are spread evenly', async () => {
  const tokens = memoryTokens()
  const counts = new Map<string, number>()
  for (let made = 0; made < 400; made += 1) {
    const { token } = await createToken(tokens, clock, order)
    for (const letter of token.split('_')[2]!) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  // 17,200 letters, 277 expected of each; a byte taken modulo 62 would give eight of them 25 % more.
  expect(counts.size).toBe(62)
  const firstEight = [...'01234567'].reduce((sum, letter) => sum + counts.get(letter)!, 0)
  expect(firstEight / 17_200).toBeLessThan((8 / 62) * 1.12)
})

test('any single changed letter is refused', async () => {
  const tokens = memoryTokens()
  const { token } = await createToken(tokens, clock, order)
  expect(checkToken({ tokens, clock }, token, null).kind).toBe('valid')
  for (let at = 0; at < token.length; at += 1) {
    const changed = token.slice(0, at) + (token[at] === 'x' ? 'y' : 'x') + token.slice(at + 1)
    expect(checkToken({ tokens, clock }, changed, null).kind).toBe('refused')
  }
  for (const other of [
    '',
    `${token} `,
    `${token}x`,
    token.slice(1),
    token.toLowerCase(),
    `${token}\n`,
  ]) {
    expect(checkToken({ tokens, clock }, other, null).kind).toBe('refused')
  }
})

test('a stored hash that is not whole lets nobody in', async () => {
  const tokens = memoryTokens()
  const { token, stored } = await createToken(tokens, clock, order)
  for (const hash of ['', '00', 'zz', stored.hash.slice(2)]) {
    await tokens.save({ ...stored, hash }, 'test')
    expect(checkToken({ tokens, clock }, token, null).kind).toBe('refused')
  }
})
