import { describe, expect, it } from 'vitest'
import {
  configFingerprint,
  validateConfig,
  withoutSecrets,
  type Config,
} from '../../../src/config/index.ts'

const plain = validateConfig({}, 'defaults')
const withSetting = (name: string, value: unknown): Config => ({
  ...plain,
  forward: { ...plain.forward, [name]: value },
})

describe('configFingerprint', () => {
  it('is the same for the same settings in another order, and another when one changes', () => {
    const turned = Object.fromEntries(Object.entries(plain).reverse()) as Config
    expect(configFingerprint(turned)).toBe(configFingerprint(plain))
    const changed = validateConfig({ policy: { mode: 'block' } }, 'changed')
    expect(configFingerprint(changed)).not.toBe(configFingerprint(plain))
  })

  it.each(['token', 'hecToken', 'password', 'clientSecret', 'apiKey'])(
    'does not tell a secret (%s), nor change with it',
    (name) => {
      const [one, other] = [withSetting(name, 'hunter2'), withSetting(name, 'hunter3')]
      expect(configFingerprint(one)).toBe(configFingerprint(other))
      expect(JSON.stringify(withoutSecrets(one))).not.toContain('hunter')
    },
  )

  it('hides who logs in where an address holds it, and says where a secret lies', () => {
    const shown = JSON.stringify(
      withoutSecrets(withSetting('urls', ['https://me:hunter2@siem.example/x?a=b@c'])),
    )
    expect(shown).toContain('https://(hidden)@siem.example/x?a=b@c')
    const file = JSON.stringify(withoutSecrets(withSetting('tokenFile', '/etc/picket/hec')))
    expect(file).toContain('/etc/picket/hec')
  })
})
