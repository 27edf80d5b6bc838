/** Where the order came from that is being carried out: known to all that is done for it, however deep down. */
import { AsyncLocalStorage } from 'node:async_hooks'

const origin = new AsyncLocalStorage<string>()

/** Carries out an order that came from an address; null for one that did not come over the network. */
export function fromAddress<Result>(address: string | null, work: () => Result): Result {
  return address === null ? work() : origin.run(address, work)
}

/** The address that the present order came from; null where there is none. */
export function addressOfOrder(): string | null {
  return origin.getStore() ?? null
}
