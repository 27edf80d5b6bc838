/** TypeBox's home: the few builders with which each stage's `config.ts` declares its section once. */
export { Type } from '@sinclair/typebox'
export type { Static, TSchema, TObject } from '@sinclair/typebox'
