/**
 * A real rsyslogd as the server of a delivery: writes what it gets to a file.
 *
 * Its queue is `direct`: what it keeps in memory by default it also acknowledges, and loses when it is killed.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startProcess } from './process.mjs'

/** Starts rsyslogd in the place, with `input` as its only input, `load` being the parameters of its module. */
export async function startRsyslog(place, { load, input }) {
  const configuration = join(place.folder, 'rsyslog.conf')
  const output = join(place.folder, 'received')
  writeFileSync(configuration, configurationFor(place, output, load, input))
  let starts = 0
  const pidFile = () => join(place.folder, `rsyslog-${starts}.pid`)
  return await startProcess(place, {
    output,
    numberIn: / cn1=(\d+) /g,
    command: () => {
      starts += 1
      return ['rsyslogd', '-n', '-i', pidFile(), '-f', configuration]
    },
    ready: async () => {
      while (!existsSync(pidFile())) await pause(20)
    },
  })
}

function configurationFor({ folder, keys }, output, load, input) {
  const { caFile, certificateFile, keyFile } = keys
  return `
global(workDirectory="${folder}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off"
  defaultNetstreamDriverCAFile="${caFile}" defaultNetstreamDriverCertFile="${certificateFile}"
  defaultNetstreamDriverKeyFile="${keyFile}")
main_queue(queue.type="direct")
module(load=${load})
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="in") { action(type="omfile" file="${output}" template="raw") }
input(${input} ruleset="in")
`
}
