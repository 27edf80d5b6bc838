/** No server at all: the file that a file sink writes, on the agent's own disk. */
import { join } from 'node:path'
import { numbersIn } from './process.mjs'

/** Where the sink writes. */
export const outputFile = (place) => join(place.disk, 'events.ndjson')

/** Gives what is in the file. */
export function readingFile(place) {
  return { numbers: () => numbersIn(outputFile(place), /"sequence":(\d+)[,}]/g) }
}
