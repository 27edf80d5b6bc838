/** Keys of a flow from its own integers: no text is made. */
import type { LiveFlow } from '../../../flow/flow.ts'
import { pairKey } from './pair-key.ts'

/** One key for each conversation, ports included. */
export function conversationKey(flow: LiveFlow): number {
  const ports = flow.originatorPort * 65536 + flow.responderPort
  return pairKey(flow.originatorKey, flow.responderKey, ports)
}
