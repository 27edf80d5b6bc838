/** The configuration: one schema, composed from the stages; load, check and reference. */
export { configFingerprint, withoutSecrets } from './fingerprint.ts'
export { dataDirectory, DEFAULT_CONFIG_FILE, loadConfig, salvagedConfig } from './load.ts'
export { unreadableFiles } from './named-files.ts'
export { toldBy, unknownPolicyNames } from './policy-names.ts'
export { redacted } from './redacted.ts'
export type { Config } from './schema.ts'
export { validateConfig } from './validate.ts'
