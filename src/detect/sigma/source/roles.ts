/** Who is attacker, victim and host in the events of a rule: as it says, else as its family has it. */
import type { Family } from '../../detection.ts'
import type { Category } from '../fields/categories.ts'
import type { Field } from '../fields/field.ts'
import type { Roles } from '../rule.ts'
import { Refusal } from './fault.ts'
import { fieldNamed } from './field-item.ts'
import { picketSection } from './rule-head.ts'
import { textOf, valueOf, type MapNode } from './tree.ts'

type Named = { readonly [Role in keyof Roles]: string | null }

/** The misused host is ours; who misuses it is the far end. */
const FAR_END: Named = { attacker: 'dst_ip', victim: null, host: 'src_ip', domain: null }
const CLIENT_AT_SERVER: Named = { attacker: 'src_ip', victim: 'dst_ip', host: null, domain: null }
/** A resolver is neither attacker nor victim of what is asked of it. */
const ASKED: Named = { attacker: null, victim: null, host: 'src_ip', domain: 'query' }

/** Finds the fields of the roles for a rule about `category`. Errors: `Refusal`. */
export function readRoles(rule: MapNode, category: Category, family: Family): Roles {
  const section = picketSection(rule)
  const usual = usualRoles(category, family)
  const roleOf = (role: keyof Roles): Field | null => {
    const node = section === null ? undefined : valueOf(section, role)
    if (node === undefined) {
      // Who names one of the parties has said who is who.
      const name = section !== null && namesSomebody(section) ? null : usual[role]
      return name === null ? null : (category.byName.get(name) ?? null)
    }
    if (node.kind === 'scalar' && node.value === null) return null
    const name = textOf(node, role)
    const field = fieldNamed(name, category, node)
    if (role === 'domain' || field.type === 'address') return field
    throw new Refusal(node, `${role} is ${name}, which holds no address; expected src_ip or dst_ip`)
  }
  return {
    attacker: roleOf('attacker'),
    victim: roleOf('victim'),
    host: roleOf('host'),
    domain: roleOf('domain'),
  }
}

const namesSomebody = (section: MapNode): boolean =>
  ['attacker', 'victim', 'host'].some((role) => valueOf(section, role) !== undefined)

function usualRoles(category: Category, family: Family): Named {
  if (category.name === 'dns') return ASKED
  const domain =
    category.name === 'http' || category.name === 'proxy'
      ? 'cs-host'
      : category.name === 'tls'
        ? 'server_name'
        : null
  const isFarEnd = family === 'c2' || family === 'tunnel' || family === 'exfiltration'
  return isFarEnd ? { ...FAR_END, domain } : CLIENT_AT_SERVER
}
