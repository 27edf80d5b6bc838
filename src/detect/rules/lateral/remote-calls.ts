/** Calls over DCE/RPC by which one Windows host runs another, and what each is called. */
import type { Kind } from '../../told-names.ts'

export interface RemoteCall {
  readonly kind: Kind
  readonly severity: number
  readonly confidence: number
  readonly mitre: readonly string[]
  readonly words: string
}

type Calls = Readonly<Record<string, Readonly<Record<number, RemoteCall>>>>

const service = (severity: number, words: string): RemoteCall => ({
  kind: 'lateral.service-creation',
  severity,
  confidence: 0.8,
  mitre: ['T1021.002', 'T1543.003'],
  words,
})
const task = (severity: number, words: string): RemoteCall => ({
  kind: 'lateral.scheduled-task',
  severity,
  confidence: 0.8,
  mitre: ['T1053.005'],
  words,
})
const wmi = (severity: number, words: string): RemoteCall => ({
  kind: 'lateral.wmi',
  severity,
  confidence: severity >= 4 ? 0.8 : 0.5,
  mitre: ['T1047'],
  words,
})
const registry = (severity: number, words: string): RemoteCall => ({
  kind: 'lateral.remote-registry',
  severity,
  confidence: 0.7,
  mitre: severity >= 5 ? ['T1003.002', 'T1012'] : ['T1112'],
  words,
})
const LISTS_SERVICES: RemoteCall = {
  kind: 'scan.service',
  severity: 4,
  confidence: 0.6,
  mitre: ['T1046'],
  words: 'lists the RPC services of',
}
const CLEARS_LOG: RemoteCall = {
  kind: 'lateral.log-clearing',
  severity: 6,
  confidence: 0.9,
  mitre: ['T1070.001'],
  words: 'clears an event log of',
}
const READS_SECRET: RemoteCall = {
  kind: 'lateral.secret-theft',
  severity: 6,
  confidence: 0.7,
  mitre: ['T1003.004'],
  words: 'reads a secret from the LSA of',
}
const ADDS_MEMBER: RemoteCall = {
  kind: 'lateral.account-change',
  severity: 4,
  confidence: 0.6,
  mitre: ['T1098'],
  words: 'makes an account a member of a group of',
}
const SHUTS_DOWN: RemoteCall = {
  kind: 'lateral.shutdown',
  severity: 4,
  confidence: 0.6,
  mitre: ['T1529'],
  words: 'shuts down',
}
const CREATES_SERVICE = service(5, 'creates a service on')
const STARTS_SERVICE = service(3, 'starts a service on')
const RUNS_METHOD = wmi(5, 'runs a WMI method (process creation is one) on')

/**
 * By interface and call number: MS-SCMR §3.1.4, MS-TSCH §3.2.5, MS-WMI §3.1.4.3, MS-RRP §3.1.5, MS-SAMR §3.1.5,
 * MS-LSAD §3.1.4.6, MS-SRVS §3.1.4, MS-EVEN §3.1.4, MS-EVEN6 §3.1.4, MS-RSP §3, C706 appendices O and Q.
 */
export const REMOTE_CALLS: Calls = {
  svcctl: {
    12: CREATES_SERVICE,
    24: CREATES_SERVICE,
    44: CREATES_SERVICE,
    45: CREATES_SERVICE,
    60: CREATES_SERVICE,
    11: service(4, 'changes what a service runs on'),
    23: service(4, 'changes what a service runs on'),
    19: STARTS_SERVICE,
    31: STARTS_SERVICE,
  },
  atsvc: { 0: task(5, 'schedules a task (at) on') },
  ITaskSchedulerService: {
    1: task(5, 'registers a scheduled task on'),
    12: task(4, 'runs a scheduled task on'),
  },
  IWbemServices: {
    // Monitoring asks and subscribes; running and changing things is another matter.
    20: wmi(3, 'asks WMI of'),
    22: wmi(3, 'subscribes to WMI events of'),
    8: wmi(4, 'writes a WMI class of'),
    9: wmi(4, 'writes a WMI class of'),
    14: wmi(5, 'writes a WMI object (event consumers are such) of'),
    15: wmi(5, 'writes a WMI object (event consumers are such) of'),
    24: RUNS_METHOD,
    25: RUNS_METHOD,
  },
  IDispatch: {
    6: {
      kind: 'lateral.dcom',
      severity: 5,
      confidence: 0.7,
      mitre: ['T1021.003'],
      words: 'drives a program by DCOM automation on',
    },
  },
  samr: {
    13: {
      kind: 'lateral.account-enumeration',
      severity: 3,
      confidence: 0.6,
      mitre: ['T1087'],
      words: 'lists the accounts of',
    },
    22: ADDS_MEMBER,
    31: ADDS_MEMBER,
  },
  IRemoteSCMActivator: {
    4: {
      kind: 'lateral.dcom',
      severity: 3,
      confidence: 0.5,
      mitre: ['T1021.003'],
      words: 'starts a program by DCOM on',
    },
  },
  winreg: {
    2: registry(3, 'opens the registry of'),
    20: registry(6, 'saves registry hives of'),
    31: registry(6, 'saves registry hives of'),
    22: registry(4, 'writes to the registry of'),
    24: SHUTS_DOWN,
    30: SHUTS_DOWN,
  },
  InitShutdown: { 0: SHUTS_DOWN, 2: SHUTS_DOWN },
  WindowsShutdown: { 0: SHUTS_DOWN },
  lsarpc: { 30: READS_SECRET, 43: READS_SECRET },
  eventlog: { 0: CLEARS_LOG, 12: CLEARS_LOG },
  IEventService: { 6: CLEARS_LOG },
  srvsvc: {
    14: {
      kind: 'lateral.share-creation',
      severity: 4,
      confidence: 0.6,
      mitre: ['T1021.002'],
      words: 'shares a folder of',
    },
  },
  // Clients ask for the one service they want (ept_map); all of them are listed by rpcdump and its kin.
  epmapper: { 2: LISTS_SERVICES },
  mgmt: { 0: LISTS_SERVICES },
}
