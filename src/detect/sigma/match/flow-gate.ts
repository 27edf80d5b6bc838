/** Tells from an ended flow's port and application that no rule can hold: nearly all flows end unlooked at. */
import { APPLICATIONS } from '../../../flow/flow.ts'
import type { FlowView } from '../fields/field.ts'
import type { Literal, Predicate } from './predicate.ts'

const PORT = 'dst_port'
const SERVICE = 'service'

/** Open to flows of which a rule may hold. Cost: two array reads a flow. */
export class FlowGate {
  readonly #ports = new Uint8Array(65536)
  readonly #services = new Uint8Array(APPLICATIONS.length)
  /** A rule asks for something else: every flow must be looked at. */
  readonly #isWide: boolean

  constructor(rules: readonly { readonly predicate: Predicate }[]) {
    const needs = rules.map(({ predicate }) => predicate.needs)
    this.#isWide = needs.some((literals) => literals === null || !literals.every(isGated))
    for (const { field, value } of needs.flatMap((literals) => literals ?? [])) {
      if (field.names.includes(PORT)) this.#ports[Number(value)] = 1
      else if (field.names.includes(SERVICE)) this.#services[serviceIndex(value)] = 1
    }
  }

  isOpenTo(flow: FlowView): boolean {
    if (this.#isWide) return true
    return this.#ports[flow.responderPort] === 1 || this.#services[flow.application] === 1
  }
}

const isGated = ({ field, kind }: Literal): boolean =>
  kind === 'is' && (field.names.includes(PORT) || field.names.includes(SERVICE))

const serviceIndex = (value: string | number): number =>
  APPLICATIONS.findIndex((application) => application === value)
