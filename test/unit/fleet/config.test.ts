import { generateKeyPairSync } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { validateConfig } from '../../../src/config/index.ts'
import { busHosts, placeOf } from '../../../src/fleet/config.ts'
import { readSigningKey } from '../../../src/fleet/orders/signature.ts'
import { temporaryFolder } from '../../support/record.ts'

const KEY = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE='
const servers = ['tls://nats1.example.org:4222', 'tls://[2001:db8::1]:4222']
const checked = (fleet: object) => () => validateConfig({ fleet }, 'picket.yaml').fleet

describe('the section fleet', () => {
  it('says as what the host belongs to which fleet', () => {
    expect(placeOf(checked({})())).toBeNull()
    const own = checked({ name: 'prod', servers, groups: ['web'] })()
    const host = hostname()
      .split('.')[0]!
      .replace(/[^A-Za-z0-9_-]/g, '_')
    expect(placeOf(own)).toEqual({ fleet: 'prod', host, groups: ['web'] })
    expect(placeOf({ ...own, host: 'web1' })).toMatchObject({ host: 'web1' })
  })

  it('names the servers of the bus, which no order may cut off', () => {
    expect(busHosts(checked({ name: 'prod', servers })())).toEqual([
      'nats1.example.org',
      '2001:db8::1',
    ])
    expect(busHosts(checked({ servers })())).toEqual([])
  })

  it.each([
    [{ name: 'prod' }, 'fleet.servers is []; name at least one beside fleet.name'],
    [{ name: 'all hosts' }, 'fleet.name is "all hosts"'],
    [{ orderers: [{ name: 'soc', publicKey: 'AAAA' }] }, 'fleet.orderers.0.publicKey is "AAAA"'],
    [
      { name: 'prod', servers, orderers: [1, 2].map(() => ({ name: 'soc', publicKey: KEY })) },
      "fleet.orderers: the name 'soc' is used twice; give each its own",
    ],
    [
      { name: 'prod', servers, nkeyFile: '/a', user: 'u', password: 'p' },
      'fleet.nkeyFile is given beside user; keep one',
    ],
  ])('is refused with the field where it cannot be right: %j', (fleet, fault) => {
    expect(checked(fleet)).toThrow(fault)
  })
})

describe('the key of an orderer', () => {
  it.each([
    ['is not there', null, /cannot be read: ENOENT/],
    ['is no key', 'nothing', /holds no PEM private key without a passphrase/],
    ['is of another type', 'ec', /holds a key of type ec, not ed25519/],
  ])('that %s is named with its file', async (_, content, fault) => {
    const file = join(await temporaryFolder(), 'key.pem')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const ec = privateKey.export({ type: 'pkcs8', format: 'pem' })
    if (content !== null) writeFileSync(file, content === 'ec' ? ec : content)
    expect(() => readSigningKey(file)).toThrow(fault)
    expect(() => readSigningKey(file)).toThrow(file)
  })
})
