/** `picket feeds`: what others call bad, and how each source of it is. */
import type { components } from '../../../../openapi/contract.d.ts'
import { answerOf, noAgent, openAgent, openForReading } from '../../client.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { printTable, type Column } from '../../print/table.ts'

type Feed = components['schemas']['Feed']

const EXAMPLES = `
Feeds are named in the configuration under detect.intel.feeds; the agent looks at each in its time.

Examples:
  picket feeds list
  picket feeds refresh drop`

const COLUMNS: readonly Column<Feed>[] = [
  { title: 'name', text: ({ name }) => name },
  { title: 'state', text: ({ state }) => state },
  { title: 'indicators', text: indicatorsOf, align: 'right' },
  { title: 'refused', text: ({ refused }) => String(refused), align: 'right' },
  { title: 'given (UTC)', text: ({ givenAt }) => (givenAt === null ? '-' : clockTime(givenAt)) },
  { title: 'source', text: ({ source }) => source },
  { title: 'trouble', text: troubleOf },
]

/** Adds `feeds list` and `feeds refresh`. */
export const addFeeds: AddCommands = (program, run) => {
  const feeds = program
    .command('feeds')
    .description('feeds of indicators: addresses, domains, URLs, JA3 and JA4')
    .addHelpText('after', EXAMPLES)
  feeds.command('list').description('list the feeds, with age and faults').action(run(listFeeds))
  feeds
    .command('refresh')
    .description("look at a feed's source now")
    .argument('<name>', 'as configured')
    .action(run(refreshFeed))
}

async function listFeeds({ context }: Invocation): Promise<number> {
  const commandContext = context()
  const client = await openForReading(commandContext)
  try {
    const { items } = answerOf(await client.api.GET('/v1/feeds'))
    print(items, commandContext)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

async function refreshFeed({ args: [name = ''], context }: Invocation): Promise<number> {
  const commandContext = context()
  const client = await openAgent(commandContext)
  if (client === null) throw noAgent()
  try {
    const path = { feedName: name }
    const answer = await client.api.POST('/v1/feeds/{feedName}/refresh', { params: { path } })
    const feed = answerOf(answer)
    print([feed], commandContext)
    return feed.lastError === null ? EXIT.ok : EXIT.failure
  } finally {
    await client.close()
  }
}

function print(feeds: readonly Feed[], { json, terminal }: CommandContext): void {
  if (json) printJsonLines(feeds, terminal)
  else if (feeds.length === 0) terminal.writeError('no feed is configured\n')
  else printTable(terminal, COLUMNS, feeds)
}

function indicatorsOf({ counts }: Feed): string {
  return String(Object.values(counts).reduce((sum, count) => sum + count, 0))
}

function troubleOf({ lastError, refusals }: Feed): string {
  return lastError ?? refusals[0] ?? ''
}
