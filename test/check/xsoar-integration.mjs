/** Cortex XSOAR's integration as one file, as it is imported by hand: the description with the program in it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { root } from './root.mjs'

const folder = join(root, 'deploy/soar')

/** Returns the YAML: the client's module and the integration's, in one program without the imports of the other. */
export function xsoarIntegration() {
  const text = readFileSync(join(folder, 'cortex-xsoar/Picket.yml'), 'utf8')
  const integration = parse(text)
  const client = readFileSync(join(folder, 'picket_client.py'), 'utf8')
  // XSOAR has `demisto` in every program, and no module of that name.
  const program = readFileSync(join(folder, 'cortex-xsoar/Picket.py'), 'utf8')
    .replace('import demistomock as demisto\n', '')
    .replace('from picket_client import Picket, PicketError\n', '')
  const script = { ...integration.script, script: `${client}\n\n${program}` }
  const heading =
    '# Written from Picket.yml, Picket.py and picket_client.py by `npm run generate`; do not edit.\n'
  return (
    heading + stringify({ ...integration, script }, { aliasDuplicateObjects: false, lineWidth: 0 })
  )
}
