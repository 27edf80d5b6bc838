/** Where the kernel's tracing can be reached, and mounting it where the configuration allows that. */
import { runProgram } from '../command.ts'
import { isThere } from './trace-folder.ts'

/** The second is where older systems had it. */
const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const

export interface Tracefs {
  readonly path: string
  /** Takes back what was mounted for us; does nothing where it was mounted before. */
  release(): Promise<void>
}

/** Gives the path of tracefs, or null when it is not mounted where it is looked for. */
export function findTracefs(): string | null {
  return PLACES.find((place) => isThere(`${place}/instances`)) ?? null
}

/** Gives tracefs, or the reason why there is none. */
export async function reachTracefs(mayMount: boolean): Promise<Tracefs | string> {
  const path = findTracefs()
  if (path !== null) return { path, release: () => Promise.resolve() }
  const [place] = PLACES
  if (!mayMount) {
    return `tracefs is not to be seen at ${place} by this user: mount it, or set owner.mountTracefs to true`
  }
  const failure = await runProgram('mount', ['-t', 'tracefs', 'nodev', place])
  if (failure !== null) return `tracefs could not be mounted: ${failure}`
  return {
    path: place,
    // Busy when somebody else has come to use it: then it stays.
    release: async () => void (await runProgram('umount', [place])),
  }
}
