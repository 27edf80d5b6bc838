import { describe, expect, it } from 'vitest'
import {
  compileRules,
  readFolder,
  rulesOf,
  SigmaDetector,
  SHIPPED_RULES,
} from '../../../../../src/detect/index.ts'
import { packagedFile } from '../../../../../src/core/files/package-root.ts'
import type { ApplicationFact } from '../../../../../src/flow/flow.ts'
import { CEF_NAMES, cefName } from '../../../../../src/forward/formats/cef-names.ts'
import {
  httpRequest,
  plannedFlow,
  type FlowPlan,
} from '../../../../support/detection/judged-rules.ts'

const book = compileRules(readFolder(packagedFile(SHIPPED_RULES), 'shipped').texts)
const OUTSIDE = '203.0.113.9'

/** The rules that tell of what is seen. */
function fired(seen: readonly (ApplicationFact | null)[], plan: FlowPlan): string[] {
  const told = new Set<string>()
  const detector = new SigmaDetector(book, ({ detector: name }) => told.add(name.slice(6)))
  const flow = plannedFlow(plan)
  for (const fact of seen) if (fact !== null) detector.flowSpoke(flow, fact)
  detector.flowEnded(flow, 'fin')
  return [...told]
}

const query = (name: string, type = 'A') =>
  ({
    kind: 'dns',
    isResponse: false,
    query: name,
    type,
    rcode: null,
    answers: [],
  }) as unknown as ApplicationFact
const redis = (command: string): ApplicationFact => ({ kind: 'redis-command', command })
const tlsServer = (version: string): ApplicationFact => ({
  kind: 'tls-server-hello',
  version,
  cipher: 1,
  ja3s: '',
})
const tlsClient = (sni: string): ApplicationFact => ({
  ...{ kind: 'tls-client-hello', version: 'TLS 1.2', sni, alpn: [] },
  ...{ ja3: '', ja4: '' },
})
const inward: FlowPlan = { source: OUTSIDE, destination: '10.0.0.5' }

/** One case for each file that is opened over SMB. */
function opened(
  rule: string,
  names: readonly string[],
): [string, (ApplicationFact | null)[], FlowPlan][] {
  const plan: FlowPlan = { destination: '10.0.0.9', application: 'smb', destinationPort: 445 }
  return names.map((name) => [rule, [{ kind: 'smb-open', name }], plan])
}

describe('the shipped rules', () => {
  it('are all good, and each of their kinds has a name in a SIEM', () => {
    expect(book.faults).toEqual([])
    const families = new Set(Object.keys(CEF_NAMES).filter((kind) => !kind.includes('.')))
    const quiet = new Set(book.correlations.flatMap(({ rules }) => rules))
    for (const { key, kind } of rulesOf(book)) {
      if (!quiet.has(key))
        expect([...families].map((one) => CEF_NAMES[one])).not.toContain(cefName(kind))
    }
  })

  it.each<[string, (ApplicationFact | null)[], FlowPlan]>([
    [
      'web-attack-tool',
      [httpRequest({ userAgent: 'sqlmap/1.7.2#stable (https://sqlmap.org)' })],
      inward,
    ],
    ['malware-user-agent', [httpRequest({ userAgent: 'Mozilla/4.08 (Charon; Inferno)' })], {}],
    ['tor2web', [query('abcdefghij234567.onion.to')], { destinationPort: 53, protocol: 17 }],
    ['mining-pool', [query('gulf.moneroocean.stream')], { destinationPort: 53, protocol: 17 }],
    ['dynamic-dns', [query('evil.duckdns.org')], { destinationPort: 53, protocol: 17 }],
    ['deprecated-tls', [tlsServer('TLS 1.0')], {}],
    ['bot-messenger', [tlsClient('api.telegram.org')], {}],
    [
      'wannacry',
      [query('www.iuqerfsodp9ifjaposdfjhgosurijfaewrwergwea.com')],
      { destinationPort: 53, protocol: 17 },
    ],
    ['own-address-lookup', [query('api.ipify.org')], {}],
    ['telnet-from-internet', [], { ...inward, application: 'telnet', destinationPort: 23 }],
    ['remote-desktop-from-internet', [], { ...inward, application: 'rdp', destinationPort: 3389 }],
    ['database-from-internet', [], { ...inward, application: 'mysql', destinationPort: 3306 }],
    ['database-from-internet', [], { ...inward, destinationPort: 27017 }],
    ['redis-file-write', [redis('CONFIG SET'), redis('SAVE')], { destinationPort: 6379 }],
    ['redis-takeover', [redis('SLAVEOF'), redis('MODULE LOAD')], { destinationPort: 6379 }],
    ['ldap-to-internet', [], { application: 'ldap', destinationPort: 1389 }],
    [
      'ntp-tunnel',
      [],
      {
        protocol: 17,
        destinationPort: 123,
        application: 'ntp',
        originatorPayloadBytes: 40_000,
        responderPayloadBytes: 30_000,
      },
    ],
    ['irc-to-internet', [], { destinationPort: 6667 }],
    [
      'smb1-in-use',
      [],
      { application: 'smb', destinationPort: 445, facts: { kind: 'smb', dialect: '1' } },
    ],
    [
      'ntlm-to-internet',
      [],
      {
        ...{ destination: OUTSIDE, application: 'smb', destinationPort: 445 },
        facts: { kind: 'smb', dialect: '3.1.1', user: 'CORP\\bob', isEncrypted: false },
      },
    ],
    [
      'cobalt-strike-pipe',
      [{ kind: 'smb-open', name: 'msagent_8f' }],
      { destination: '10.0.0.9', application: 'smb', destinationPort: 445 },
    ],
    [
      'psexec-pipe',
      [{ kind: 'smb-open', name: 'PSEXESVC' }],
      { destination: '10.0.0.6', application: 'smb' },
    ],
    [
      'rdp-scanner',
      [{ kind: 'rdp', user: 'NCRACK_USER', security: 'credssp' }],
      { destination: '10.0.0.9', application: 'rdp', destinationPort: 3389 },
    ],
    ...(['ssh-scanner', 'ssh-scanner-inside'] as const).map(
      (rule): [string, (ApplicationFact | null)[], FlowPlan] => [
        rule,
        [],
        {
          ...{ source: rule === 'ssh-scanner' ? OUTSIDE : '10.0.0.7', destination: '10.0.0.9' },
          ...{ application: 'ssh', destinationPort: 22 },
          facts: { kind: 'ssh', client: 'SSH-2.0-Nmap-SSH2-Hostkey', server: 'OpenSSH_9.2p1' },
        },
      ],
    ),
    ...opened('implant-pipe', ['gruntsvc', '\\jaccdpqnvbrrxlaf']),
    ...opened('password-store-read', [
      'temp\\Active Directory\\ntds.dit',
      'Windows\\System32\\config\\SAM',
      'Users\\Public\\lsass_620.dmp',
      'temp\\sam.save',
      'Users\\bob\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Login Data',
    ]),
    ...opened('command-output', [
      '__1700000000.1234567',
      '__output',
      '__17000',
      'Temp\\QrTvWxYz.tmp',
    ]),
    ...opened('startup-program', [
      'ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\StartUp\\update.vbs',
    ]),
    ['dns-zone-transfer', [query('example.com', 'AXFR')], { destinationPort: 53 }],
  ])('tell of what they are for: %s', (rule, seen, plan) => {
    expect(fired(seen, plan)).toEqual([rule])
  })

  it('tell of a stealer by what it asks one after the other, and of the parts beside it', () => {
    const [lookup, chat] = [query('api.ipify.org'), tlsClient('api.telegram.org')]
    expect(fired([lookup, chat], {})).toContain('stealer-by-messenger')
    expect(fired([lookup, chat], {})).toContain('own-address-lookup')
    expect(fired([chat], {})).toEqual(['bot-messenger'])
  })

  it.each<[string, (ApplicationFact | null)[], FlowPlan]>([
    [
      'a browser',
      [httpRequest({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0' })],
      {},
    ],
    [
      'a scan of a port that is closed',
      [],
      { ...inward, destinationPort: 3306, connState: 'REJ', responderPayloadBytes: 0 },
    ],
    [
      'a database within the network',
      [],
      { destination: '10.0.0.6', application: 'mysql', destinationPort: 3306 },
    ],
    [
      'a website on a port of databases',
      [],
      { ...inward, application: 'http', destinationPort: 9200 },
    ],
    [
      'a cache that clears itself',
      [redis('CONFIG SET'), redis('GET')],
      { destination: '10.0.0.6' },
    ],
    ['the site of a mining pool', [query('www.nicehash.com')], { destinationPort: 53 }],
    [
      'a directory within the network',
      [],
      { destination: '10.0.0.6', application: 'ldap', destinationPort: 389 },
    ],
    ['TLS of today', [tlsServer('TLS 1.3')], {}],
    ['a name like the messenger of bots', [tlsClient('telegram.org')], {}],
    [
      'a file that is called as a pipe might be',
      [{ kind: 'smb-open', name: 'reports\\status_2024.xlsx' }],
      { destination: '10.0.0.9', application: 'smb', destinationPort: 445 },
    ],
    ...opened('', [
      'Temp\\A1B2C3D4.tmp',
      'Temp\\AABBCCDD.tmp',
      'Temp\\Download.tmp',
      'Temp\\document.tmp',
      '__init__.py',
      '__pycache__',
      'config\\system.ini',
      'projects\\security\\report.docx',
      'Profiles\\bob\\Start Menu\\Programs\\Startup\\desktop.ini',
      'lsass.txt',
      'AppData\\Roaming\\Microsoft\\Protect\\S-1-5-21',
    ]).map(([, seen, plan]): [string, (ApplicationFact | null)[], FlowPlan] => [
      `the file ${JSON.stringify(seen[0])}`,
      seen,
      plan,
    ]),
    [
      'a clock that is set all day',
      [],
      {
        protocol: 17,
        destinationPort: 123,
        application: 'ntp',
        originatorPayloadBytes: 4800,
        responderPayloadBytes: 9000,
      },
    ],
    [
      'names in general',
      [query('www.example.com'), query('ddns.net.example.com')],
      { destinationPort: 53 },
    ],
    [
      'a share on the internet that is encrypted',
      [],
      {
        ...{ destination: OUTSIDE, application: 'smb', destinationPort: 445 },
        facts: { kind: 'smb', dialect: '3.1.1', user: 'AZURE\\share', isEncrypted: true },
      },
    ],
    [
      'a share within the network',
      [],
      {
        ...{ destination: '10.0.0.6', application: 'smb', destinationPort: 445 },
        facts: { kind: 'smb', dialect: '3.1.1', user: 'CORP\\bob', isEncrypted: false },
      },
    ],
    [
      'SMB 3',
      [{ kind: 'smb-open', name: 'srvsvc' }],
      { destination: '10.0.0.6', application: 'smb', facts: { kind: 'smb', dialect: '3.1.1' } },
    ],
  ])('are silent about %s', (_, seen, plan) => {
    expect(fired(seen, plan)).toEqual([])
  })
})
