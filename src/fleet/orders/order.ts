/** An order to the fleet: what it says, as it is written into a message and read out of one. */
import { rfc3339FromUs, usFromRfc3339 } from '../../core/clock.ts'
import { schemaCompiler } from '../../core/schema/json-schema.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { formatPortRange, parsePortRange } from '../../net/port-range.ts'
import { BLOCK_DIRECTIONS, BLOCK_PROTOCOLS, type BlockScope } from '../../record/logs/block-log.ts'
import { addresseeOf, addresseeWords, type Addressee } from '../subjects.ts'

/** No order lasts longer; what is sent by then has been forgotten by every stream. */
export const LONGEST_ORDER_SECONDS = 2_147_483
/** Clocks of hosts may differ by so much. */
const CLOCK_SKEW_MS = 300_000

/** Times in ms since the epoch. */
export interface FleetOrder extends BlockScope {
  readonly id: string
  readonly fleet: string
  readonly to: Addressee
  /** `lift` lets in whatever touches the target; its scope is the whole. */
  readonly action: 'block' | 'lift'
  /** Canonical address or CIDR. */
  readonly target: string
  readonly reason: string | null
  /** The person, as the orderer's own machine knows them. */
  readonly by: string
  readonly issuedAtMs: number
  /** When a block ends everywhere; when a lift need not be carried out any more. */
  readonly expiresAtMs: number
}

const WRITTEN = {
  type: 'object',
  additionalProperties: false,
  required: [
    ...['version', 'id', 'fleet', 'to', 'action', 'target', 'direction', 'protocol'],
    ...['ports', 'reason', 'by', 'issuedAt', 'expiresAt'],
  ],
  properties: {
    version: { const: 1 },
    id: {
      type: 'string',
      pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$',
    },
    fleet: { type: 'string' },
    to: { type: 'string', format: 'addressee' },
    action: { enum: ['block', 'lift'] },
    target: { type: 'string', format: 'cidr' },
    direction: { enum: BLOCK_DIRECTIONS },
    protocol: { enum: [null, ...BLOCK_PROTOCOLS] },
    ports: {
      ...{ type: 'array', maxItems: 64 },
      items: { type: ['integer', 'string'], maximum: 65_535, format: 'ports' },
    },
    reason: { type: ['string', 'null'], maxLength: 500 },
    by: { type: 'string', maxLength: 200 },
    issuedAt: { type: 'string', format: 'time' },
    expiresAt: { type: 'string', format: 'time' },
  },
}

type Written = Omit<FleetOrder, 'to' | 'ports' | 'issuedAtMs' | 'expiresAtMs'> & {
  readonly version: 1
  readonly ports: readonly (number | string)[]
  readonly to: string
  readonly issuedAt: string
  readonly expiresAt: string
}

let compiled: ReturnType<ReturnType<typeof schemaCompiler>['compile']> | undefined

function compileCheck() {
  return schemaCompiler({
    cidr: (text) => parseCidr(text) !== null,
    addressee: (text) => addresseeOf(text) !== null,
    ports: (text) => parsePortRange(text) !== null,
    time: (text) => !Number.isNaN(usFromRfc3339(text)),
  }).compile(WRITTEN)
}

/** Writes an order; these very bytes are what is signed. */
export function writeOrder({
  issuedAtMs,
  expiresAtMs,
  to,
  ports,
  ...order
}: FleetOrder): Uint8Array {
  const written: Written = {
    version: 1,
    ...order,
    to: addresseeWords(to),
    ports: ports.map(formatPortRange),
    issuedAt: rfc3339FromUs(issuedAtMs * 1000),
    expiresAt: rfc3339FromUs(expiresAtMs * 1000),
  }
  return new TextEncoder().encode(JSON.stringify(written))
}

/** What bytes turned out to be. */
export type ReadOrder =
  | { readonly kind: 'order'; readonly order: FleetOrder }
  | { readonly kind: 'malformed'; readonly why: string }

/** Reads an order; one that is not as `writeOrder` writes them is told in words, naming the field. */
export function readOrder(bytes: Uint8Array): ReadOrder {
  const malformed = (why: string): ReadOrder => ({ kind: 'malformed', why })
  let document: unknown
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return malformed('it is not JSON')
  }
  const check = (compiled ??= compileCheck())
  if (!check(document)) {
    const [fault] = check.errors ?? []
    return malformed(`${fault?.instancePath.slice(1) || 'it'} ${fault?.message ?? 'is wrong'}`)
  }
  const { to, issuedAt, expiresAt, target, ...written } = document as Written
  const issuedAtMs = Math.floor(usFromRfc3339(issuedAt) / 1000)
  const expiresAtMs = Math.floor(usFromRfc3339(expiresAt) / 1000)
  const lasts = expiresAtMs - issuedAtMs
  if (lasts <= 0 || lasts > LONGEST_ORDER_SECONDS * 1000) {
    return malformed(`expiresAt is ${expiresAt}, not within ${LONGEST_ORDER_SECONDS} s of issuedAt`)
  }
  const times = { issuedAtMs, expiresAtMs }
  const canonical = formatCidr(parseCidr(target)!)
  const { id, fleet, action, direction, protocol, reason, by } = written
  const ports = written.ports.flatMap((given) => parsePortRange(given) ?? [])
  const order = { id, fleet, action, direction, protocol, ports, reason, by, ...times }
  return { kind: 'order', order: { ...order, target: canonical, to: addresseeOf(to)! } }
}

/** Says whether an order claims to come from a time that is not yet, beyond what clocks differ by. */
export function isFromTheFuture({ issuedAtMs }: FleetOrder, nowMs: number): boolean {
  return issuedAtMs > nowMs + CLOCK_SKEW_MS
}
