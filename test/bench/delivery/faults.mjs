/** What goes wrong in the middle of a delivery. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** A sink that is refused says so with its next try, 15 s later at most. */
const COMPLAINT_MS = 45_000
const LOOK_MS = 100

/** How long a server that has to be refused stands there. */
const REFUSED_MS = 3000

const SETTLED_MS = 1000
const SETTLING_TRIES = 10

/**
 * Each is called when a third has arrived; `agent` and `server` can be ended and started.
 *
 * `needs` names what a kind must be for the fault to mean anything to it. What `strike` gives is what the sink
 * said, where it has to say something.
 */
export const FAULTS = {
  none: { words: 'nothing', strike: () => undefined },
  'server-restarted': {
    words: 'server stopped, started 3 s later',
    needs: 'hasServer',
    async strike({ server }) {
      await server.stop()
      await pause(3000)
      await server.start()
    },
  },
  'server-killed': {
    words: 'server stopped by SIGSTOP for 3 s, killed, started 2 s later',
    needs: 'hasServer',
    strike: ({ server }) => hungFor(3000, server),
  },
  'server-hung': {
    words: 'server stopped by SIGSTOP for 45 s, killed, started 2 s later',
    needs: 'hasServer',
    strike: ({ server }) => hungFor(45_000, server),
  },
  'network-cut': {
    words: 'network cut for 20 s (iptables DROP)',
    needs: 'isNetwork',
    strike: ({ place }) => cutFor(20_000, place),
  },
  'network-away': {
    words: 'network cut for 60 s',
    needs: 'isNetwork',
    strike: ({ place }) => cutFor(60_000, place),
  },
  'certificate-expired': refused(
    'expired',
    /has expired/,
    'server shows an expired certificate for 3 s',
  ),
  'wrong-ca': refused(
    'stranger',
    /not trusted/,
    'server shows a certificate of a foreign authority for 3 s',
  ),
  'wrong-name': refused(
    'misnamed',
    /for another name/,
    'server shows a certificate for another name for 3 s',
  ),
  'answers-late': {
    words: 'server answers 2 s late',
    needs: 'isStream',
    hasRelay: true,
    strike: () => undefined,
  },
  'disk-full': {
    words: "agent's disk full for 3 s",
    async strike({ place, agent }) {
      place.fillDisk()
      await pause(3000)
      place.freeDisk()
      if (!agent.wasRefused) throw new Error('the disk was never full')
    },
  },
  'agent-killed': {
    words: 'agent killed by SIGKILL, started at once',
    async strike({ agent }) {
      await agent.kill()
      agent.start()
    },
  },
}

async function hungFor(hungMs, server) {
  server.freeze()
  await pause(hungMs)
  await server.kill()
  await pause(2000)
  await server.start()
}

async function cutFor(cutMs, place) {
  place.cutNetwork()
  await pause(cutMs)
  place.mendNetwork()
}

/** A server comes back with a certificate that must be refused, and later with the right one. */
function refused(certificate, complaint, words) {
  const restart = async ({ server, place }, name) => {
    await server.stop()
    place.keys.present(name)
    await server.start()
  }
  return {
    words,
    needs: 'isTls',
    async strike(parts) {
      const { agent, server } = parts
      await restart(parts, certificate)
      const length = server.isCountedLate ? await settled(server) : server.numbers().length
      const said = await agent.complaint(complaint)
      await pause(REFUSED_MS)
      if (server.numbers().length > length) throw new Error(`${words}, and was sent events`)
      await restart(parts, 'right')
      return said
    },
  }
}

/** How many have arrived once no more are counted: who reads a bus counts what came before the restart a little late. */
async function settled(server) {
  let { length } = server.numbers()
  for (let tries = 0; tries < SETTLING_TRIES; tries += 1) {
    await pause(SETTLED_MS)
    const now = server.numbers().length
    if (now === length) break
    length = now
  }
  return length
}

/** The agent as a process that can be killed and started again. */
export function agentIn(place, settings) {
  const args = [
    process.execPath,
    new URL('agent.mjs', import.meta.url).pathname,
    JSON.stringify(settings),
  ]
  const said = []
  let child
  const agent = {
    hasRecorded: false,
    wasRefused: false,
    start() {
      child = place.startAgent(args)
      createInterface({ input: child.stdout }).on('line', (line) => {
        agent.wasRefused ||= line === 'refused'
        agent.hasRecorded ||= line === 'recorded'
        if (line.startsWith('says ')) said.push(line.slice('says '.length))
      })
    },
    /** Waits for what the sink says; gives the words. */
    async complaint(wanted) {
      for (let tries = 0; tries < COMPLAINT_MS / LOOK_MS; tries += 1) {
        const words = said.find((one) => wanted.test(one))
        if (words !== undefined) return words
        await pause(LOOK_MS)
      }
      throw new Error(`the sink did not say ${wanted}, but ${said.join(' | ') || 'nothing'}`)
    },
    async kill(signal = 'SIGKILL') {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
    get isDead() {
      return child.exitCode !== null
    },
  }
  agent.start()
  return agent
}
