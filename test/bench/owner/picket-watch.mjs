/** Picket's way, as the agent runs it. */
import { systemClock } from '../../../dist/core/clock.js'
import { startOwners } from '../../../dist/owner/index.js'
import { answerQuestions } from './answering.mjs'

const config = {
  ...{ enabled: true, sources: process.argv[2], mountTracefs: true },
  ...{ pollIntervalMs: 1000, maxConnections: 65536 },
}
const owners = await startOwners({ config, clock: systemClock })
const problems = owners.sources.flatMap(({ name, problem }) =>
  problem === null ? [] : [`${name}: ${problem}`],
)

const catchUp = () => owners.sources.forEach((source) => source.catchUp())
answerQuestions((end) => owners.at(end) ?? { pid: null }, {
  ...{ problems, catchUp },
  stop: () => owners.stop(),
  counters: () => owners.sources[0].counters(),
})
