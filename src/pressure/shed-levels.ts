/** What a sensor leaves undone under pressure, in the one order in which it does so. */

/** Each level leaves out its own work and that of all before it; the least loss comes first. */
export const SHED_LEVELS = [
  /** Everything is done. */
  'none',
  /** The application a flow carries is no longer looked for. */
  'applications',
  /** Flows are no longer scored by the forests. */
  'models',
  /** Of short flows only one in a few gets a record. */
  'records',
  /** Data packets of established connections are counted, and nothing more. */
  'detail',
  /** Packets that would open a flow open none. */
  'openings',
] as const

export type ShedLevelName = (typeof SHED_LEVELS)[number]

/** The levels as numbers, to be compared once a packet. */
export const ShedLevel = {
  NONE: 0,
  APPLICATIONS: 1,
  MODELS: 2,
  RECORDS: 3,
  DETAIL: 4,
  OPENINGS: 5,
} as const satisfies Record<Uppercase<ShedLevelName>, number>

/** What was left undone since the sensor's start, by kind. */
export interface Skipped {
  /** Payloads that were not read for what the application says. */
  readonly payloads: number
  /** Flows not scored. */
  readonly scores: number
  /** Flows that got no record. */
  readonly records: number
  /** Packets that were only counted. */
  readonly details: number
  /** Packets that would have opened a flow. */
  readonly openings: number
}
