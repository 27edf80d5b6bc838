/** Keeps the addresses behind a few host names, so that a guard knows them when a name server is away. */
import { lookup } from 'node:dns/promises'
import { parseAddress } from '../../net/address.ts'

const FRESH_MS = 60_000
/** What answered within that time serves as it is while it is asked for anew: no order waits for a name server then. */
const TRUSTED_MS = 600_000
/** A name server that failed is asked again so soon. */
const RETRY_MS = 5_000
/** An order waits no longer for a name server; what was known before counts until it answers. */
const PATIENCE_MS = 500

interface Known {
  addresses: readonly string[]
  askedAtMs: number
  answeredAtMs: number
  failedAtMs: number
  answer: Promise<void>
}

/** Gives the addresses behind a name. */
export type LookUp = (name: string) => Promise<readonly string[]>

const lookUp: LookUp = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address)

/** Makes the function that gives the addresses of all hosts; literal addresses stand for themselves. */
export function resolveHosts(
  hosts: () => readonly string[],
  ask: LookUp = lookUp,
): () => Promise<readonly string[]> {
  const known = new Map<string, Known>()
  return async () => {
    const literals = hosts().filter((host) => parseAddress(host) !== null)
    const names = hosts().filter((host) => parseAddress(host) === null)
    const found = names.map((name) => refresh(known, name, ask))
    const awaited = found.filter(isWorthWaiting).map(({ answer }) => answer)
    if (awaited.length > 0) await settledWithin(awaited, PATIENCE_MS)
    return [...literals, ...found.flatMap(({ addresses }) => addresses)]
  }
}

/** Monotonic time: a step of the wall clock must not keep an answer for ever. */
function refresh(known: Map<string, Known>, name: string, ask: LookUp): Known {
  const nowMs = performance.now()
  const entry = known.get(name) ?? neverAsked()
  known.set(name, entry)
  const isFresh = nowMs - entry.askedAtMs < FRESH_MS
  const mayRetry = entry.failedAtMs >= entry.askedAtMs && nowMs - entry.failedAtMs >= RETRY_MS
  if (isFresh && !mayRetry) return entry
  entry.askedAtMs = nowMs
  entry.answer = ask(name).then(
    (addresses) => {
      entry.addresses = addresses
      entry.answeredAtMs = performance.now()
    },
    () => {
      // Unanswered: what was known stays.
      entry.failedAtMs = performance.now()
    },
  )
  return entry
}

/** Not for one that has just kept somebody waiting or failed: while names are not answered, each order would wait. */
function isWorthWaiting({ askedAtMs, answeredAtMs, failedAtMs }: Known): boolean {
  const nowMs = performance.now()
  return (
    nowMs - askedAtMs < PATIENCE_MS &&
    nowMs - failedAtMs > FRESH_MS &&
    nowMs - answeredAtMs > TRUSTED_MS
  )
}

const neverAsked = (): Known => ({
  addresses: [],
  ...{ askedAtMs: -Infinity, answeredAtMs: -Infinity, failedAtMs: -Infinity },
  answer: Promise.resolve(),
})

async function settledWithin(answers: readonly Promise<void>[], timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)))
  await Promise.race([Promise.all(answers), timeout])
  clearTimeout(timer)
}
