/** TLS to a collector: always verified, with a certificate of one's own where it asks for one. */
export { isUnset, tlsFields, type TlsConfig } from './config.ts'
export { tlsOptions } from './options.ts'
export { reasonOf } from './refusal.ts'
