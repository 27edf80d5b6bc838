/** The usual way, to compare with: the tables of sockets and all open files are gone through every so often. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { answerQuestions } from './answering.mjs'

const intervalMs = Number(process.argv[2])
/** `local:port remote:port` of a connection, or `port` of a listener, to the process seen with it. */
const seen = new Map()

function poll() {
  const inodes = new Map()
  for (const name of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/net/${name}`, 'latin1').split('\n').slice(1)) {
      const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/)
      if (inode === undefined || inode === '0') continue
      const port = (end) => Number.parseInt(end.slice(-4), 16)
      const key = state === '0A' ? `${port(local)}` : `${port(local)} ${port(remote)}`
      inodes.set(`socket:[${inode}]`, key)
    }
  }
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    for (const file of filesOf(pid)) {
      const key = inodes.get(linkOf(`/proc/${pid}/fd/${file}`))
      if (key !== undefined) seen.set(key, Number(pid))
    }
  }
}

function filesOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    return []
  }
}

function linkOf(path) {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

poll()
setInterval(poll, intervalMs)
answerQuestions(({ localPort, remotePort, isOriginator }) => {
  const pid = seen.get(`${localPort} ${remotePort}`)
  return { pid: pid ?? (isOriginator ? undefined : seen.get(`${localPort}`)) ?? null }
})
