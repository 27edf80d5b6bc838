/** Ajv's home: JSON Schema 2020-12, compiled the way both the configuration and the API want it. */
import { Ajv2020 } from 'ajv/dist/2020.js'

export type { ErrorObject } from 'ajv/dist/2020.js'
export type SchemaCompiler = Ajv2020

/**
 * Makes a compiler whose checks find every fault, carry the faulty value, and fill in defaults.
 *
 * `formats` are the only ones known: what a `format` admits is said by whoever names it in a schema.
 */
export function schemaCompiler(
  formats: Readonly<Record<string, (text: string) => boolean>>,
): SchemaCompiler {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: false })
  for (const [name, admits] of Object.entries(formats)) ajv.addFormat(name, admits)
  return ajv
}
