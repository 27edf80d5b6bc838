/** Interfaces of DCE/RPC that defenders know by name; calls to others are not told. */

/** MS-SCMR, MS-TSCH, MS-WMI, MS-DCOM, MS-DRSR, MS-NRPC, MS-RRP, MS-SAMR, MS-LSAD, MS-SRVS, MS-WKST, MS-EFSR, MS-RPRN, MS-PAR, MS-DFSNM, MS-FSRVP, MS-EVEN, MS-EVEN6, MS-RSP, C706's endpoint mapper and management; two that worms asked for. */
const NAMES: Readonly<Record<string, string>> = {
  '367abb81-9844-35f1-ad32-98f038001003': 'svcctl',
  '1ff70682-0a51-30e8-076d-740be8cee98b': 'atsvc',
  '86d35949-83c9-4044-b424-db363231fd0c': 'ITaskSchedulerService',
  '378e52b0-c0a9-11cf-822d-00aa0051e40f': 'sasec',
  'f309ad18-d86a-11d0-a075-00c04fb68820': 'IWbemLevel1Login',
  'd4781cd6-e5d3-44df-ad94-930efe48a887': 'IWbemLoginClientID',
  '9556dc99-828c-11cf-a37e-00aa003240c7': 'IWbemServices',
  '00020400-0000-0000-c000-000000000046': 'IDispatch',
  '000001a0-0000-0000-c000-000000000046': 'IRemoteSCMActivator',
  'e3514235-4b06-11d1-ab04-00c04fc2dcd2': 'drsuapi',
  '12345678-1234-abcd-ef00-01234567cffb': 'netlogon',
  '338cd001-2244-31f1-aaaa-900038001003': 'winreg',
  '12345778-1234-abcd-ef00-0123456789ac': 'samr',
  '12345778-1234-abcd-ef00-0123456789ab': 'lsarpc',
  '4b324fc8-1670-01d3-1278-5a47bf6ee188': 'srvsvc',
  '6bffd098-a112-3610-9833-46c3f87e345a': 'wkssvc',
  'c681d488-d850-11d0-8c52-00c04fd90f7e': 'efsrpc',
  'df1941c5-fe89-4e79-bf10-463657acf44d': 'efsrpc',
  '12345678-1234-abcd-ef00-0123456789ab': 'spoolss',
  '76f03f96-cdfd-44fc-a22c-64950a001209': 'IRemoteWinspool',
  '4fc742e0-4a10-11cf-8273-00aa004ae673': 'netdfs',
  '3919286a-b10c-11d0-9ba8-00c04fd92ef5': 'dssetup',
  '8d9f4e40-a03d-11ce-8f69-08003e30051b': 'pnp',
  'a8e0653c-2744-4389-a61d-7373df8b2292': 'FileServerVssAgent',
  '82273fdc-e32a-18c3-3f78-827929dc23ea': 'eventlog',
  'f6beaff7-1e19-4fbb-9f8f-b89e2018337c': 'IEventService',
  '894de0c0-0d55-11d3-a322-00c04fa321a1': 'InitShutdown',
  'd95afe70-a6d5-4259-822e-2c84da1ddb0d': 'WindowsShutdown',
  'e1af8308-5d1f-11c9-91a4-08002b14a0fa': 'epmapper',
  'afa8bd80-7d8a-11c9-bef4-08002b102989': 'mgmt',
}

/** Returns the interface's short name; its UUID when it has none. */
export function interfaceName(uuid: string): string {
  return NAMES[uuid] ?? uuid
}

export function isKnownInterface(name: string): boolean {
  return !name.includes('-')
}
