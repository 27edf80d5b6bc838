/** The programs that Picket is made of: the command itself, and what it starts as processes and threads of their own. */
import { packagedFile } from '../files/package-root.ts'

/** By the module each begins with, seen from `src`; the build makes a file of each (deploy/setup/bundle.mjs). */
export const PROGRAMS = [
  'main',
  'record/read/worker',
  'record/write/worker',
  'sensor/sensor-process',
  'sensor/trial/rule-trial-process',
  'train/growing/forest-worker',
] as const

export type Program = (typeof PROGRAMS)[number]

/** Returns the built file of a program: Node 20 starts processes and threads from JavaScript only. */
export function builtProgram(name: Program): string {
  return packagedFile(`dist/${name}.js`)
}
