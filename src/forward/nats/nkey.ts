/** NKeys: the Ed25519 keys by which NATS knows its users. */
import { nkeys } from '@nats-io/transport-node'

/** Makes the seed (`SU…`) of a new user. */
export function makeUserSeed(): string {
  return new TextDecoder().decode(nkeys.createUser().getSeed())
}

/** Gives the public key (`U…`) that the server's configuration names; null for a text that is no seed. */
export function publicNkeyOf(seed: string): string | null {
  try {
    return nkeys.fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey()
  } catch {
    return null
  }
}
