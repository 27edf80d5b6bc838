/**
 * yaml's home: YAML 1.2 read and written.
 *
 * The package is loaded when it is first used: most runs read no YAML, and loading takes 40 ms.
 */
import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'

const require = createRequire(import.meta.url)
const yaml = (): typeof Yaml => require('yaml') as typeof Yaml

export const parseYaml = (text: string): unknown => yaml().parse(text) as unknown

export const parseYamlDocument = (text: string): ReturnType<typeof Yaml.parseDocument> =>
  yaml().parseDocument(text)

export const toYaml = (value: unknown, options: Yaml.ToStringOptions = {}): string =>
  yaml().stringify(value, options)
