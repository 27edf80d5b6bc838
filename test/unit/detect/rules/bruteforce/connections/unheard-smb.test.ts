import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../../../../src/detect/detection.ts'
import { visit, type Visit } from '../../../../../support/messages/logins.ts'
import { WatchedTraffic } from '../../../../../support/detection/watched-traffic.ts'
import {
  netbios,
  ntlmLogin,
  smb2,
  smb2Login,
  smb2LoginEnd,
  smb2Tree,
} from '../../../../../support/messages/windows-messages.ts'

const CLIENT = '192.0.2.7'
const SERVER = '10.0.0.5'

/** A login that is refused or, where a share is named, is not. */
const login = (user: string, share: string | null = null): Visit['said'] => [
  ['>', netbios(smb2({ command: 0 }))],
  ['>', netbios(smb2Login(ntlmLogin('CORP', user, 'PC')))],
  ['<', netbios(smb2LoginEnd(share === null ? 0xc000006d : 0))],
  ...(share === null ? [] : ([['>', netbios(smb2Tree(share))]] as const)),
]

interface Visits {
  readonly count?: number
  readonly pauseUs?: number
  readonly user?: (index: number) => string
  readonly share?: (index: number) => string | null
  readonly sides?: 'both' | 'client'
}

function told(visits: Visits): readonly Detection[] {
  const { count = 24, pauseUs = 300_000, user = () => 'dana', share = () => null } = visits
  const traffic = new WatchedTraffic()
  for (let index = 0; index < count; index += 1) {
    const said = login(user(index), share(index))
    visit(traffic, { port: 445, said, sides: visits.sides ?? 'client' })
    traffic.silence(pauseUs)
  }
  return traffic.end().filter(({ family }) => family === 'bruteforce')
}

describe('a file server of whose clients alone the packets are captured', () => {
  test('is guessed at by who logs in time and again and opens no share', () => {
    expect(told({})).toMatchObject([
      { kind: 'bruteforce.smb', severity: 5, attacker: CLIENT, victims: [SERVER], count: 24 },
    ])
  })

  test('is guessed at by who tries one user after another', () => {
    expect(told({ user: (index) => `user${index}` })).toMatchObject([{ attacker: CLIENT }])
  })

  test('is not where shares are opened, now and then in vain', () => {
    expect(told({ count: 60, share: (index) => (index % 5 === 0 ? null : '\\\\h\\docs') })).toEqual([]) // prettier-ignore
  })

  test('is not where a program with an old password comes every so often, or few tries are made', () => {
    expect(told({ pauseUs: 20_000_000 })).toEqual([])
    expect(told({ count: 10 })).toEqual([])
  })

  test('is told by its refusals alone where these are captured', () => {
    expect(told({ sides: 'both' })).toMatchObject([{ kind: 'bruteforce.smb', attacker: CLIENT }])
  })
})
