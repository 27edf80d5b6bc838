/** Keeps the addresses behind a few host names, so that a guard knows them when a name server is away. */
import { lookup } from 'node:dns/promises'
import { parseAddress } from '../../net/address.ts'

const FRESH_MS = 60_000
/** A name server that does not answer is not waited for by every order. */
const RETRY_MS = 5_000
/** An order waits no longer for a name server; what was known before counts until it answers. */
const PATIENCE_MS = 500

interface Known {
  addresses: readonly string[]
  askedAtMs: number
  answer: Promise<void>
}

/** Makes the function that gives the addresses of all hosts; literal addresses stand for themselves. */
export function resolveHosts(hosts: () => readonly string[]): () => Promise<readonly string[]> {
  const known = new Map<string, Known>()
  return async () => {
    const literals = hosts().filter((host) => parseAddress(host) !== null)
    const names = hosts().filter((host) => parseAddress(host) === null)
    const found = names.map((name) => refresh(known, name))
    if (found.length > 0) await settledWithin(found.map(({ answer }) => answer), PATIENCE_MS) // prettier-ignore
    return [...literals, ...found.flatMap(({ addresses }) => addresses)]
  }
}

/** Monotonic time: a step of the wall clock must not keep an answer for ever. */
function refresh(known: Map<string, Known>, name: string): Known {
  const nowMs = performance.now()
  const entry = known.get(name) ?? {
    addresses: [],
    askedAtMs: -Infinity,
    answer: Promise.resolve(),
  }
  known.set(name, entry)
  if (nowMs - entry.askedAtMs < FRESH_MS) return entry
  entry.askedAtMs = nowMs
  entry.answer = lookup(name, { all: true }).then(
    (answers) => {
      entry.addresses = answers.map(({ address }) => address)
    },
    () => {
      // Unanswered: what was known stays, and is asked again soon.
      entry.askedAtMs = performance.now() - FRESH_MS + RETRY_MS
    },
  )
  return entry
}

async function settledWithin(answers: readonly Promise<void>[], timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)))
  await Promise.race([Promise.all(answers), timeout])
  clearTimeout(timer)
}
