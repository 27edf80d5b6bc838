/** What the agent knows of its own health: the host's means, and what its sensors could not see. */
export { SHED_RECORD, UNWRITTEN } from './blindness/blind-causes.ts'
export { BlindSpells } from './blindness/blind-spells.ts'
export { SensorBlindness } from './blindness/blindness.ts'
export { healthDetection, WHOLE_HOST } from './health-detection.ts'
export { HostWatch } from './host-watch.ts'
export { recordDamaged } from './record-damaged.ts'
export type { HostReading } from './host-reading.ts'
export { isInterfaceDown, isInterfaceGone } from './proc/interface-state.ts'
