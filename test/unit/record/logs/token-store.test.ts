import { describe, expect, it } from 'vitest'
import type { StoredToken } from '../../../../src/record/logs/api/token-store.ts'
import { openedRecord, temporaryFolder } from '../../../support/record.ts'

const token: StoredToken = {
  id: 'abc123',
  scopes: ['read', 'block'],
  networks: ['192.0.2.0/24'],
  description: 'SOAR',
  createdAtMs: 1,
  expiresAtMs: null,
  revokedAtMs: null,
  salt: '00ff',
  hash: 'ab'.repeat(32),
}

describe('TokenStore', () => {
  it('keeps tokens and their revocation, each with an audit row', async () => {
    const { tokens, audit } = await openedRecord(await temporaryFolder())
    await tokens.save(token, 'local:0')
    expect(tokens.get('abc123')).toEqual(token)
    await tokens.save({ ...token, revokedAtMs: 5 }, 'local:0')
    expect(tokens.list()).toEqual([{ ...token, revokedAtMs: 5 }])
    expect(tokens.get("' OR 1=1 --")).toBeNull()
    expect(await audit.verify()).toMatchObject({ isIntact: true, rows: 2 })
  })
})
