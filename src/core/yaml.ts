/** yaml's home: YAML 1.2 read and written. */
export { parse as parseYaml, parseDocument as parseYamlDocument, stringify as toYaml } from 'yaml'
