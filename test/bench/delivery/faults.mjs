/** What goes wrong in the middle of a delivery. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

/** Each is called when a third has arrived; `agent` and `server` can be ended and started. */
export const FAULTS = {
  none: { words: 'nothing', strike: () => undefined },
  'server-restarted': {
    words: 'server stopped, started 3 s later',
    async strike({ server }) {
      await server.stop()
      await pause(3000)
      await server.start()
    },
  },
  'server-killed': {
    words: 'server stopped by SIGSTOP for 3 s, killed, started 2 s later',
    async strike({ server }) {
      server.freeze()
      await pause(3000)
      await server.kill()
      await pause(2000)
      await server.start()
    },
  },
  'network-cut': {
    words: 'network cut for 20 s (iptables DROP)',
    async strike({ place }) {
      place.cutNetwork()
      await pause(20_000)
      place.mendNetwork()
    },
  },
  'answers-late': { words: 'server answers 2 s late', strike: () => undefined, needsRelay: true },
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

/** The agent as a process that can be killed and started again. */
export function agentIn(place, settings) {
  const args = [
    process.execPath,
    new URL('agent.mjs', import.meta.url).pathname,
    JSON.stringify(settings),
  ]
  let child
  const agent = {
    hasRecorded: false,
    wasRefused: false,
    start() {
      child = place.startAgent(args)
      child.stdout.on('data', (text) => {
        agent.wasRefused ||= text.includes('refused')
        agent.hasRecorded ||= text.includes('recorded')
      })
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
