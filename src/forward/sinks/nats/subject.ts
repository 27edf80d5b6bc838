/** The subject of a message, from the template of the configuration. */
import type { Outgoing } from '../../outgoing.ts'

/**
 * Fills in the template. Only the kind may bring dots, each of which begins a new token; whatever else has a
 * meaning in subjects (`*`, `>`, blanks) becomes `_`.
 */
export function subjectOf(template: string, event: Outgoing, hostname: string): string {
  const values: Readonly<Record<string, string>> = {
    agent: token(event.agent),
    host: token(hostname),
    family: token(event.family),
    kind: event.kind.split('.').map(token).join('.'),
    severity: String(event.severity),
  }
  return template.replace(/\{([a-z]+)\}/g, (_, name: string) => values[name] ?? '_')
}

const token = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '_') || '_'
