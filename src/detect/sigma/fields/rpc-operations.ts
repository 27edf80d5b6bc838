/** Calls over DCE/RPC by name, of the interfaces that rules are written about; the others have a number only. */

type Names = Readonly<Record<number, string>>

/** MS-SCMR, MS-TSCH, MS-WMI, MS-DCOM, MS-DRSR, MS-NRPC, MS-RRP, MS-SAMR, MS-SRVS, MS-WKST, MS-EFSR, MS-RPRN, MS-PAR, MS-DFSNM, MS-EVEN, MS-EVEN6, MS-RSP, C706. */
const OPERATIONS: Readonly<Record<string, Names>> = {
  svcctl: {
    1: 'ControlService', 2: 'DeleteService', 11: 'ChangeServiceConfigW', 12: 'CreateServiceW',
    15: 'OpenSCManagerW', 16: 'OpenServiceW', 19: 'StartServiceW', 23: 'ChangeServiceConfigA',
    24: 'CreateServiceA', 27: 'OpenSCManagerA', 28: 'OpenServiceA', 31: 'StartServiceA',
    44: 'CreateServiceWOW64A', 45: 'CreateServiceWOW64W', 60: 'CreateWowService',
  },
  atsvc: { 0: 'NetrJobAdd', 1: 'NetrJobDel', 2: 'NetrJobEnum', 3: 'NetrJobGetInfo' },
  ITaskSchedulerService: {
    1: 'SchRpcRegisterTask', 2: 'SchRpcRetrieveTask', 6: 'SchRpcEnumFolders', 7: 'SchRpcEnumTasks',
    12: 'SchRpcRun', 13: 'SchRpcDelete', 19: 'SchRpcEnableTask',
  },
  IWbemServices: {
    3: 'OpenNamespace', 6: 'GetObject', 8: 'PutClass', 9: 'PutClassAsync', 14: 'PutInstance',
    15: 'PutInstanceAsync', 16: 'DeleteInstance', 20: 'ExecQuery', 21: 'ExecQueryAsync',
    22: 'ExecNotificationQuery', 23: 'ExecNotificationQueryAsync', 24: 'ExecMethod', 25: 'ExecMethodAsync',
  },
  IRemoteSCMActivator: { 3: 'RemoteGetClassObject', 4: 'RemoteCreateInstance' },
  drsuapi: {
    0: 'DRSBind', 2: 'DRSReplicaSync', 3: 'DRSGetNCChanges', 5: 'DRSReplicaAdd', 12: 'DRSCrackNames',
    17: 'DRSAddEntry',
  },
  netlogon: {
    4: 'NetrServerReqChallenge', 15: 'NetrServerAuthenticate2', 26: 'NetrServerAuthenticate3',
    30: 'NetrServerPasswordSet2',
  },
  winreg: {
    2: 'OpenLocalMachine', 15: 'BaseRegOpenKey', 20: 'BaseRegSaveKey', 22: 'BaseRegSetValue',
    24: 'BaseInitiateSystemShutdown', 30: 'BaseInitiateSystemShutdownEx', 31: 'BaseRegSaveKeyEx',
  },
  lsarpc: {
    14: 'LsarLookupNames', 15: 'LsarLookupSids', 28: 'LsarOpenSecret', 29: 'LsarSetSecret',
    30: 'LsarQuerySecret', 42: 'LsarStorePrivateData', 43: 'LsarRetrievePrivateData',
  },
  samr: {
    5: 'SamrLookupDomainInSamServer', 6: 'SamrEnumerateDomainsInSamServer',
    11: 'SamrEnumerateGroupsInDomain', 13: 'SamrEnumerateUsersInDomain',
    15: 'SamrEnumerateAliasesInDomain', 22: 'SamrAddMemberToGroup', 25: 'SamrGetMembersInGroup', 31: 'SamrAddMemberToAlias',
    33: 'SamrGetMembersInAlias', 39: 'SamrGetGroupsForUser', 50: 'SamrCreateUser2InDomain',
  },
  srvsvc: {
    9: 'NetrFileEnum', 12: 'NetrSessionEnum', 14: 'NetrShareAdd', 15: 'NetrShareEnum', 21: 'NetrServerGetInfo',
  },
  wkssvc: { 0: 'NetrWkstaGetInfo', 2: 'NetrWkstaUserEnum' },
  efsrpc: {
    0: 'EfsRpcOpenFileRaw', 4: 'EfsRpcEncryptFileSrv', 5: 'EfsRpcDecryptFileSrv',
    6: 'EfsRpcQueryUsersOnFile', 7: 'EfsRpcQueryRecoveryAgents', 9: 'EfsRpcAddUsersToFile',
    12: 'EfsRpcFileKeyInfo', 13: 'EfsRpcDuplicateEncryptionInfoFile',
  },
  spoolss: {
    9: 'RpcAddPrinterDriver', 62: 'RpcRemoteFindFirstPrinterChangeNotification',
    65: 'RpcRemoteFindFirstPrinterChangeNotificationEx', 89: 'RpcAddPrinterDriverEx',
  },
  IRemoteWinspool: { 39: 'RpcAsyncAddPrinterDriver' },
  eventlog: { 0: 'ElfrClearELFW', 7: 'ElfrOpenELW', 9: 'ElfrOpenBELW', 10: 'ElfrReadELW', 12: 'ElfrClearELFA' },
  IEventService: { 5: 'EvtRpcRegisterLogQuery', 6: 'EvtRpcClearLog', 7: 'EvtRpcExportLog' },
  InitShutdown: { 0: 'BaseInitiateShutdown', 2: 'BaseInitiateShutdownEx' },
  WindowsShutdown: { 0: 'WsdrInitiateShutdown' },
  epmapper: { 2: 'ept_lookup', 3: 'ept_map' },
  mgmt: { 0: 'inq_if_ids', 4: 'inq_princ_name' },
  netdfs: { 12: 'NetrDfsAddStdRoot', 13: 'NetrDfsRemoveStdRoot' },
} // prettier-ignore

/** The call's name; null where it has none here, or where the client only bound to the interface. */
export function operationName(of: string | null, opnum: number | null): string | null {
  if (of === null || opnum === null) return null
  return Object.hasOwn(OPERATIONS, of) ? (OPERATIONS[of]![opnum] ?? null) : null
}
