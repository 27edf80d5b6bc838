/** A server as a process in the place that can be stopped, frozen, killed and started again, and what it has kept. */
import { once } from 'node:events'
import { existsSync, readFileSync, truncateSync } from 'node:fs'

/**
 * Starts a server whose whole lines in `output` are what it has.
 *
 * Shape: `command()` gives the program and its arguments, `ready(child)` resolves once it takes what comes, and
 * `numberIn` is the expression whose first group is the sequence of a message. `numbers()` gives those that were kept, in order.
 */
export async function startProcess(place, { command, ready, output, numberIn }) {
  let child = null
  const start = async () => {
    child = place.startServer(command())
    await ready(child)
  }
  const end = async (signal) => {
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    dropCutLine(output)
  }
  await start()
  return {
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => child.kill('SIGSTOP'),
    numbers: () => numbersIn(output, numberIn),
  }
}

/** Reads the numbers of the lines that a file holds. */
export function numbersIn(file, numberIn) {
  if (!existsSync(file)) return []
  return [...readFileSync(file, 'latin1').matchAll(numberIn)].map((match) => Number(match[1]))
}

/** A message that was being written when the server was killed is one it never had. */
function dropCutLine(output) {
  if (existsSync(output)) truncateSync(output, readFileSync(output).lastIndexOf(10) + 1)
}
