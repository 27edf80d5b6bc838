/** Reads the process that was stored with a flow; a damaged log may hold anything. */
import { isNumber, isText, oneOf, orNull, shaped } from '../../../core/schema/shape.ts'
import type { Flow } from '../../flow.ts'

type Process = NonNullable<Flow['process']>

const isTextOrNull = orNull(isText)

const isProcess = shaped<Process>({
  ...{ side: oneOf(['originator', 'responder']), pid: orNull(isNumber), executable: isTextOrNull },
  ...{ command: isTextOrNull, user: isTextOrNull, uid: orNull(isNumber), unit: isTextOrNull },
  ...{ container: isTextOrNull, how: oneOf(['connect', 'send', 'close', 'socket', 'listener']) },
  ...{ confidence: isNumber, since: isText },
})

/** Gives what was stored, once it is parsed, as a process; null where it is none. */
export const processFrom = (stored: unknown): Process | null => (isProcess(stored) ? stored : null)
