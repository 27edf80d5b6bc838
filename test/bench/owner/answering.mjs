/** What a watcher under measurement does in the end: it is asked for each connection, and what it cost. */
import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** Answers the parent's messages `{ kind: 'ask', ends }`, `{ kind: 'cost' }` and `{ kind: 'stop' }`. */
export function answerQuestions(find, watcher = {}) {
  const { problems = [], catchUp, stop = async () => {}, counters } = watcher
  process.on('message', async (message) => {
    if (message.kind === 'ask') {
      catchUp?.()
      process.send(message.ends.map((end) => find(end)))
    }
    if (message.kind === 'cost') process.send(cpuSeconds())
    if (message.kind === 'stop') {
      const counted = counters?.() ?? {}
      await stop()
      // What was started and has ended counts only now.
      process.send({ cpuSeconds: cpuSeconds(), counted })
      process.disconnect()
      setTimeout(() => process.exit(0), 50)
    }
  })
  process.send({ problems })
}

/** Source: proc_pid_stat(5), fields 14 to 17: its own time, and that of its ended children. */
function cpuSeconds() {
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS_PER_SECOND
}
