import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeCredentials } from '../../../src/fleet/index.ts'
import { temporaryFolder } from '../../support/record.ts'

interface User {
  readonly nkey: string
  readonly permissions?: { readonly publish: string[]; readonly subscribe: string[] }
}

const usersIn = (file: string): User[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim().startsWith('{'))
    .map((line) => JSON.parse(line) as User)

describe('writeCredentials', () => {
  it('keeps the seeds that are there, adds those that are not, and lists all users', async () => {
    const folder = join(await temporaryFolder(), 'keys')
    expect(writeCredentials(folder, 'prod', ['web1']).made).toEqual(['orderer', 'web1'])
    const seed = readFileSync(join(folder, 'web1.nk'), 'utf8')
    const { made, users, usersFile } = writeCredentials(folder, 'prod', ['web1', 'web2'])
    expect([made, users]).toEqual([['web2'], ['orderer', 'web1', 'web2']])
    expect(readFileSync(join(folder, 'web1.nk'), 'utf8')).toBe(seed)
    expect(seed).toMatch(/^SU[A-Z2-7]{56}\n$/)
    expect(statSync(join(folder, 'web1.nk')).mode & 0o777).toBe(0o600)
    expect(usersIn(usersFile)).toHaveLength(3)
    expect(readFileSync(usersFile, 'utf8')).not.toContain(seed.trim())
  })

  it('lets a host write under its own name alone, and only the orderer write orders', async () => {
    const { usersFile } = writeCredentials(await temporaryFolder(), 'prod', ['web1'])
    const [orderer, host] = usersIn(usersFile)
    expect(orderer!.permissions).toBeUndefined()
    const { publish, subscribe } = host!.permissions!
    expect(publish.filter((subject) => subject.startsWith('picket.'))).toEqual([
      'picket.prod.acks.web1.*',
      'picket.prod.hosts.web1',
      'picket.prod.events.web1.>',
    ])
    expect(publish.filter((subject) => !subject.startsWith('picket.'))).toEqual([
      '$JS.API.STREAM.INFO.picket-prod-orders',
      '$JS.API.STREAM.MSG.GET.picket-prod-orders',
    ])
    expect(subscribe).toEqual(['picket.prod.news', '_INBOX.picket.prod.web1.>'])
  })

  it('says which file is no seed, and writes no users', async () => {
    const folder = await temporaryFolder()
    writeFileSync(join(folder, 'web9.nk'), 'SUnothing')
    expect(() => writeCredentials(folder, 'prod', [])).toThrow(
      `${folder}/web9.nk does not hold the seed of an NKey`,
    )
  })
})
