/** An operator of NATS with one account and one user: JWTs that nats-server checks by itself, and credentials. */
import { nkeys } from '@nats-io/transport-node'

type KeyPair = ReturnType<typeof nkeys.createUser>

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT as NATS signs them (`ed25519-nkey`). */
function signed(issuer: KeyPair, subject: KeyPair, name: string, nats: object): string {
  const header = part({ typ: 'JWT', alg: 'ed25519-nkey' })
  const claims = { iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name }
  const issuedAtS = Math.floor(Date.now() / 1000)
  const body = part({ jti: `${name}-${issuedAtS}`, iat: issuedAtS, ...claims, nats })
  const content = `${header}.${body}`
  const signature = issuer.sign(new TextEncoder().encode(content))
  return `${content}.${Buffer.from(signature).toString('base64url')}`
}

const UNLIMITED = -1

/** Gives the lines for the server's configuration, and the content of a credentials file. */
export function natsOperator(): { readonly configuration: string; readonly credentials: string } {
  const keys = {
    ...{ operator: nkeys.createOperator(), account: nkeys.createAccount() },
    ...{ user: nkeys.createUser(), system: nkeys.createAccount() },
  }
  const core = {
    ...{ subs: UNLIMITED, data: UNLIMITED, payload: UNLIMITED, imports: UNLIMITED },
    ...{ exports: UNLIMITED, wildcards: true, conn: UNLIMITED, leaf: UNLIMITED },
  }
  const limits = {
    ...core,
    ...{ mem_storage: UNLIMITED, disk_storage: UNLIMITED, streams: UNLIMITED, consumer: UNLIMITED },
  }
  const operator = signed(keys.operator, keys.operator, 'test', { type: 'operator', version: 2 })
  const account = signed(keys.operator, keys.account, 'test', {
    ...{ type: 'account', version: 2, limits },
  })
  // JetStream asks for a system account, which may have no storage of its own.
  const system = signed(keys.operator, keys.system, 'system', {
    ...{ type: 'account', version: 2, limits: core },
  })
  const user = signed(keys.account, keys.user, 'picket', {
    ...{ type: 'user', version: 2, pub: {}, sub: {} },
    ...{ subs: UNLIMITED, data: UNLIMITED, payload: UNLIMITED },
  })
  return {
    configuration: `operator: "${operator}"
resolver: MEMORY
system_account: ${keys.system.getPublicKey()}
resolver_preload: {
  ${keys.account.getPublicKey()}: "${account}"
  ${keys.system.getPublicKey()}: "${system}"
}`,
    credentials: `-----BEGIN NATS USER JWT-----
${user}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${text(keys.user.getSeed())}
------END USER NKEY SEED------
`,
  }
}
