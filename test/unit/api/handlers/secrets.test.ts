import { expect, test } from 'vitest'
import { withoutSecrets } from '../../../../src/api/handlers/agent/secrets.ts'

test('secrets are hidden wherever they stand, and what is not set shows that it is not', () => {
  const settings = {
    api: { tls: { key: '/etc/picket/api.key', certificate: '/etc/picket/api.crt' } },
    forward: {
      sinks: [
        { name: 'hec', token: 's3cret', url: 'https://splunk:pass@siem.example:8088/x' },
        { name: 'elastic', apiKey: 's3cret', password: null },
        { name: 'nats', credentials: { passphrase: 's3cret', user: 'picket' } },
      ],
    },
    detect: { intel: { feeds: [{ source: 'https://me:s3cret@feeds.example/a.txt' }] } },
  }
  expect(JSON.stringify(withoutSecrets(settings))).not.toMatch(/s3cret|pass@/)
  expect(withoutSecrets(settings)).toMatchObject({
    api: { tls: { key: '(hidden)', certificate: '/etc/picket/api.crt' } },
    forward: {
      sinks: [
        { name: 'hec', token: '(hidden)', url: 'https://(hidden)@siem.example:8088/x' },
        { name: 'elastic', apiKey: '(hidden)', password: null },
        { credentials: { passphrase: '(hidden)', user: 'picket' } },
      ],
    },
  })
})
