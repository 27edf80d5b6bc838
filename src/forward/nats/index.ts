/** NATS: the connection that the sink and the fleet's bus have in common. */
export { backOffMs } from '../delivery/back-off.ts'
export { isDenied, NatsLink, reasonInWords, type StoredMessage, type StreamPlan } from './link.ts'
export { makeUserSeed, publicNkeyOf } from './nkey.ts'
