/**
 * Reads facts as they were stored with a flow. They may come from a sensor that hostile traffic has taken over or
 * from a damaged log, and go into a SIEM's fields: what is not of its kind's shape is no fact.
 */
import {
  isFlag,
  isNumber,
  isObject,
  isText,
  listOf,
  oneOf,
  orNull,
  shaped,
  type Check,
  type Shape,
} from '../../../core/schema/shape.ts'
import type { ApplicationFacts, DnsAnswer } from '../../application/facts.ts'

type FactsOf<Kind> = ApplicationFacts extends infer Facts
  ? Facts extends ApplicationFacts
    ? Kind extends Facts['kind']
      ? Omit<Facts, 'kind'>
      : never
    : never
  : never

const isTextOrNull = orNull(isText)
const isNumberOrNull = orNull(isNumber)
const isTexts = listOf(isText)
const isAnswers = listOf(shaped<DnsAnswer>({ type: isText, ttl: isNumber, value: isTextOrNull }))

const outcomes = { authFailures: isNumber, authSuccesses: isNumber }

const LOGIN: Shape<FactsOf<'ftp'>> = {
  ...{ banner: isTextOrNull, user: isTextOrNull, client: isTextOrNull },
  ...{ ...outcomes, startsTls: isFlag },
}
const DATABASE: Shape<FactsOf<'mysql'>> = {
  ...{ version: isTextOrNull, user: isTextOrNull, database: isTextOrNull },
  ...{ errorCode: isTextOrNull, ...outcomes, startsTls: isFlag },
}

const SHAPES: { readonly [Kind in ApplicationFacts['kind']]: Shape<FactsOf<Kind>> } = {
  dns: {
    ...{ query: isTextOrNull, type: isTextOrNull, rcode: isTextOrNull, answers: isAnswers },
    ...{ queries: isNumber, responses: isNumber, failures: isNumber },
    ...{ ednsPayloadBytes: isNumberOrNull, wantsDnssec: isFlag },
  },
  tls: {
    ...{ version: isTextOrNull, sni: isTextOrNull, alpn: isTexts, ja3: isTextOrNull },
    ...{ ja4: isTextOrNull, cipher: isNumberOrNull, ja3s: isTextOrNull, subject: isTextOrNull },
    ...{ issuer: isTextOrNull, isSelfSigned: orNull(isFlag), notBefore: isTextOrNull },
    ...{ notAfter: isTextOrNull, alert: isNumberOrNull },
  },
  quic: {
    ...{ version: isText, destinationIdBytes: isNumber, sourceIdBytes: isNumber },
    ...{ sni: isTextOrNull, alpn: isTexts, ja4: isTextOrNull },
  },
  http: {
    ...{ method: isTextOrNull, uri: isTextOrNull, host: isTextOrNull, userAgent: isTextOrNull },
    ...{ authScheme: isTextOrNull, status: isNumberOrNull, contentType: isTextOrNull },
    ...{ server: isTextOrNull, requests: isNumber, responses: isNumber, clientErrors: isNumber },
    ...{ serverErrors: isNumber, authFailures: isNumber },
  },
  ssh: {
    ...{ client: isTextOrNull, server: isTextOrNull },
    ...{ hassh: isTextOrNull, hasshServer: isTextOrNull },
  },
  ftp: LOGIN,
  smtp: LOGIN,
  pop3: LOGIN,
  imap: LOGIN,
  telnet: LOGIN,
  smb: {
    ...{ dialect: isTextOrNull, user: isTextOrNull, workstation: isTextOrNull, trees: isTexts },
    ...{ names: isTexts, opens: isNumber, ...outcomes, sessionStatus: isTextOrNull },
    ...{ isEncrypted: isFlag },
  },
  rdp: { user: isTextOrNull, security: isTextOrNull },
  kerberos: {
    ...{ message: isTextOrNull, client: isTextOrNull, realm: isTextOrNull, service: isTextOrNull },
    ...{
      errorCode: isNumberOrNull,
      encryptionTypes: listOf(isNumber),
      hasPreauthentication: isFlag,
    },
    ...{ requests: isNumber, errors: isNumber, ...outcomes },
  },
  ldap: {
    ...{ bindDn: isTextOrNull, mechanism: isTextOrNull, resultCode: isNumberOrNull },
    ...{ searches: isNumber, ...outcomes },
  },
  dcerpc: { interfaces: isTexts, requests: isNumber },
  mysql: DATABASE,
  postgresql: DATABASE,
  redis: { command: isTextOrNull, commands: isNumber, refusals: isNumber, ...outcomes },
  ntp: { version: isNumber, mode: isNumber, isMonlist: isFlag, messages: isNumber },
  snmp: {
    ...{ version: oneOf(['1', '2c', '3']), communityBytes: isNumberOrNull },
    ...{ pdu: isTextOrNull, messages: isNumber },
  },
  dhcp: {
    ...{ message: isText, clientMac: isText, address: isTextOrNull },
    ...{ requestedAddress: isTextOrNull, hostname: isTextOrNull, vendorClass: isTextOrNull },
    ...{
      serverId: isTextOrNull,
      router: isTextOrNull,
      dnsServer: isTextOrNull,
      messages: isNumber,
    },
  },
}

/**
 * Gives what was stored, once it is parsed, as facts; null where it is none.
 *
 * What a log of an earlier version does not have is null where it may be.
 */
export function factsFrom(stored: unknown): ApplicationFacts | null {
  if (!isObject(stored)) return null
  const { kind } = stored
  if (typeof kind !== 'string' || !Object.hasOwn(SHAPES, kind)) return null
  const facts: Record<string, unknown> = { kind }
  const shape: Readonly<Record<string, Check<unknown>>> = SHAPES[kind as ApplicationFacts['kind']]
  for (const [name, check] of Object.entries(shape)) {
    const member = stored[name] ?? null
    if (!check(member)) return null
    facts[name] = member
  }
  return facts as unknown as ApplicationFacts
}
