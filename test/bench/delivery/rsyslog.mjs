/**
 * A real rsyslogd as the server of a delivery: writes what it gets to a file, whose numbers are read back.
 *
 * Its queue is `direct`: what it keeps in memory by default it also acknowledges, and loses when it is killed.
 */
import { once } from 'node:events'
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Starts rsyslogd in the place, with `input` as its only input.
 *
 * `numbers()` gives the sequence of every message that was written, in order.
 */
export async function startRsyslog(place, { load, input }) {
  const [configuration, output] = [
    join(place.folder, 'rsyslog.conf'),
    join(place.folder, 'received'),
  ]
  writeFileSync(configuration, configurationFor(place.folder, output, load, input))
  let child = null
  let starts = 0
  const start = async () => {
    starts += 1
    const pidFile = join(place.folder, `rsyslog-${starts}.pid`)
    child = place.startServer(['rsyslogd', '-n', '-i', pidFile, '-f', configuration])
    while (!existsSync(pidFile)) await pause(20)
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
    numbers: () => (existsSync(output) ? numbersIn(readFileSync(output, 'latin1')) : []),
  }
}

const numbersIn = (text) => [...text.matchAll(/ cn1=(\d+) /g)].map((match) => Number(match[1]))

/** A message that was being written when the server was killed is one it never had. */
function dropCutLine(output) {
  if (existsSync(output)) truncateSync(output, readFileSync(output).lastIndexOf(10) + 1)
}

function configurationFor(folder, output, load, input) {
  return `
global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")
main_queue(queue.type="direct")
module(load="${load}")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="in") { action(type="omfile" file="${output}" template="raw") }
input(${input} ruleset="in")
`
}
