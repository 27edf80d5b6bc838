/**
 * Measures how many short connections get their process, by Picket's way and by plain polling of /proc, side
 * by side in one run, and what each costs.
 *
 * Usage: as root, once built: `node test/bench/owner.mjs [CALLS]`.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { makeShortCalls } from './owner/short-calls.mjs'

const CALLS = 1000
const IDLE_SECONDS = 5

const WATCHERS = [
  ['Picket, trace events and socket tables', 'picket-watch.mjs', 'auto'],
  ['Picket without tracing', 'picket-watch.mjs', 'socket-table'],
  ['plain polling of /proc, every second', 'plain-polling.mjs', '1000'],
  ['plain polling of /proc, every 100 ms', 'plain-polling.mjs', '100'],
]

/** Gives, for each watcher, shares of the calls and CPU; `{ skipped }` with the reason without root. */
export async function measureOwners(calls = CALLS) {
  if (process.getuid() !== 0) return { skipped: 'finding processes is measured as root only' }
  const watchers = []
  for (const [name, file, argument] of WATCHERS) {
    watchers.push(await startWatcher(name, file, argument))
  }
  for (const watcher of watchers) watcher.atStart = await ask(watcher, { kind: 'cost' })
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000))
  for (const watcher of watchers) watcher.afterIdle = await ask(watcher, { kind: 'cost' })
  const { seconds, truths } = await makeShortCalls(calls)
  // A flow reaches the agent two seconds after its end.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const rows = []
  for (const watcher of watchers) rows.push(await judge(watcher, truths, seconds))
  return { calls, seconds, rows }
}

/** Writes the figures as a section of the report. */
export function renderOwners(figures) {
  if (figures.skipped) return `## Who on this host\n\nNot measured: ${figures.skipped}.\n`
  const { calls, seconds, rows } = figures
  const notes = rows.flatMap(({ name, problems }) => problems.map((text) => `- ${name}: ${text}`))
  return `## Who on this host

${calls.toLocaleString('en')} \`curl\` calls in ${seconds.toFixed(1)} s, each a process and a connection of its own, on
loopback, every second one by another user; all watchers at once. Shares of the calls whose process was named
rightly, by number: \`curl\` for what goes out, the server for what comes in.

| | outgoing | with the right program | and user | a wrong user | incoming | CPU idle | CPU under the calls |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map(row).join('\n')}

${notes.join('\n')}
`
}

function row({ name, outgoing, program, user, wrongUser, incoming, ...cpu }) {
  const shares = [outgoing, program, user, wrongUser, incoming].map((value) => percent(value, 1))
  return `| ${name} | ${[...shares, percent(cpu.idleShare, 2), percent(cpu.loadShare, 1)].join(' | ')} |`
}

const percent = (share, digits) => (share === null ? '–' : `${(share * 100).toFixed(digits)} %`)

async function startWatcher(name, file, argument) {
  const path = fileURLToPath(new URL(`owner/${file}`, import.meta.url))
  const child = fork(path, [argument])
  const [{ problems }] = await once(child, 'message')
  return { name, child, problems }
}

async function ask({ child }, question) {
  const answer = once(child, 'message')
  child.send(question)
  return (await answer)[0]
}

async function judge(watcher, truths, seconds) {
  const afterLoad = await ask(watcher, { kind: 'cost' })
  const sides = {}
  for (const side of ['outgoing', 'incoming']) {
    const ends = truths.map((truth) => truth[side].end)
    sides[side] = await ask(watcher, { kind: 'ask', ends })
  }
  const isRight = (answer, index) => answer.pid === truths[index].outgoing.pid
  const share = (answers, isGood) => answers.filter(isGood).length / truths.length
  const { cpuSeconds, counted } = await ask(watcher, { kind: 'stop' })
  const knowsPrograms = sides.outgoing.some(({ executable }) => executable !== undefined)
  const isProgram = (answer, index) =>
    isRight(answer, index) && answer.executable === '/usr/bin/curl'
  const isUser = (answer, index) =>
    isProgram(answer, index) && answer.uid === truths[index].outgoing.uid
  const isWrongUser = (answer, index) =>
    isRight(answer, index) && answer.uid !== null && answer.uid !== truths[index].outgoing.uid
  return {
    ...{ name: watcher.name, problems: watcher.problems, counted, cpuSeconds },
    outgoing: share(sides.outgoing, isRight),
    program: knowsPrograms ? share(sides.outgoing, isProgram) : null,
    user: knowsPrograms ? share(sides.outgoing, isUser) : null,
    wrongUser: knowsPrograms ? share(sides.outgoing, isWrongUser) : null,
    incoming: share(sides.incoming, (answer, index) => answer.pid === truths[index].incoming.pid),
    idleShare: (watcher.afterIdle - watcher.atStart) / IDLE_SECONDS,
    loadShare: (afterLoad - watcher.afterIdle) / seconds,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const figures = await measureOwners(Number(process.argv[2] ?? CALLS))
  process.stdout.write(renderOwners(figures))
  if (process.argv.includes('--counters')) console.error(figures.rows.map(({ counted }) => counted))
  process.exit(0)
}
