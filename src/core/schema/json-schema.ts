/**
 * Ajv's home: JSON Schema 2020-12, compiled the way both the configuration and the API want it.
 *
 * The package is loaded when it is first used: who has configured nothing needs no validator.
 */
import { createRequire } from 'node:module'
import type * as Ajv from 'ajv/dist/2020.js'
import type { Ajv2020, ErrorObject } from 'ajv/dist/2020.js'

const require = createRequire(import.meta.url)

export type { ErrorObject }
export type SchemaCompiler = Ajv2020

/**
 * Makes a compiler whose checks find every fault, carry the faulty value, and fill in defaults.
 *
 * `formats` are the only ones known: what a `format` admits is said by whoever names it in a schema.
 */
export function schemaCompiler(
  formats: Readonly<Record<string, (text: string) => boolean>>,
): SchemaCompiler {
  const { Ajv2020: Compiler } = require('ajv/dist/2020.js') as typeof Ajv
  const ajv = new Compiler({
    ...{ allErrors: true, useDefaults: true, verbose: true, strict: false, discriminator: true },
    // Of schemas that tests have checked: both take longer than they save.
    ...{ validateSchema: false, code: { optimize: false } },
  })
  for (const [name, admits] of Object.entries(formats)) ajv.addFormat(name, admits)
  return ajv
}
