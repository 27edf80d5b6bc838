/** The subject of a message, from the template of the configuration. */
import type { Outgoing } from '../../outgoing.ts'

/**
 * Fills in the template. Only the kind may bring dots, each of which begins a new token; whatever else has a
 * meaning in subjects (`*`, `>`, blanks) becomes `_`.
 */
export function subjectOf(template: string, event: Outgoing, hostname: string): string {
  return template.replace(/\{([a-z]+)\}/g, (_, name: string) => valueOf(name, event, hostname))
}

function valueOf(name: string, event: Outgoing, hostname: string): string {
  switch (name) {
    case 'agent':
      return token(event.agent)
    case 'host':
      return token(hostname)
    case 'family':
      return token(event.family)
    case 'kind':
      return event.kind.split('.').map(token).join('.')
    case 'severity':
      return String(event.severity)
    default:
      return '_'
  }
}

const token = (text: string): string => text.replace(/[^A-Za-z0-9_-]/g, '_') || '_'
