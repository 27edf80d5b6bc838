/** `picket blocks`, `picket block`, `picket unblock`: who is kept out. */
import type { components, operations } from '../../../../openapi/contract.d.ts'
import { PicketError } from '../../../core/errors.ts'
import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { formatPortRange, parsePortRange, type PortRange } from '../../../net/port-range.ts'
import { Option } from 'commander'
import { BLOCK_DIRECTIONS, BLOCK_PROTOCOLS } from '../../../record/logs/block-log.ts'
import { blockWords } from '../../../respond/index.ts'
import { portList, secondsOrNever } from '../../arguments.ts'
import {
  agentHangs,
  answerOf,
  answers,
  noAgent,
  openAgent,
  reachAgent,
  type ApiClient,
} from '../../client.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { collectPages } from '../../pages.ts'
import { printable } from '../../print/printable.ts'
import { simulate } from '../../blocking/simulating.ts'
import { printTable, type Column } from '../../print/table.ts'
import { requireId, requireTarget } from '../../blocking/targets.ts'
import { listThrough, withLimit } from '../listing.ts'

type Block = components['schemas']['Block']
type BlockRequest = components['schemas']['BlockRequest']
type BlocksOptions = NonNullable<operations['listBlocks']['parameters']['query']> & {
  limit: number
}
interface BlockOptions {
  readonly direction?: BlockRequest['direction']
  readonly protocol?: BlockRequest['protocol']
  readonly ports?: readonly PortRange[]
  /** s. */
  readonly ttl?: number | 'never'
  readonly reason?: string
  readonly event?: string
  readonly override?: true
  readonly simulate?: true
}
interface UnblockOptions {
  readonly all?: true
}

const COLUMNS: readonly Column<Block>[] = [
  { title: 'target', text: targetWords },
  { title: 'state', text: (block) => block.state },
  { title: 'since (UTC)', text: (block) => clockTime(block.createdAt) },
  { title: 'until (UTC)', text: untilWords },
  { title: 'stopped', text: ({ stoppedPackets }) => String(stoppedPackets), align: 'right' },
  { title: 'by', text: (block) => `${block.source}:${block.orderedBy ?? ''}` },
  { title: 'id', text: (block) => block.id },
  { title: 'why', text: (block) => block.failure ?? block.reason ?? '', mayWrap: true },
]

const EXAMPLES = `
Examples:
  picket block 192.0.2.7 --ttl 10m --reason 'port scan'
  picket block 192.0.2.7 192.0.2.8 2001:db8::/64
  picket block 192.0.2.0/24 --direction in --protocol tcp --ports 22
  picket block 192.0.2.0/24 --simulate`

/** Adds `blocks`, `block` and `unblock`. */
export const addBlocks: AddCommands = (program, run) => {
  withLimit(program.command('blocks'))
    .description('list blocks in force or to be, newest first')
    .option('--state <state>', 'only in this state: pending, active, failed, expired, lifted')
    .option('--target <range>', 'only those that are, hold, or lie in this address or range')
    .addHelpText('after', '\nExamples:\n  picket blocks\n  picket blocks --state lifted --json')
    .action(run<BlocksOptions>(listBlocks))
  program
    .command('block')
    .argument('<targets...>', 'IPv4 or IPv6 addresses, or ranges in CIDR notation')
    .description('keep addresses or ranges out')
    .option(
      '--ttl <time>',
      'how long: 600, 10m, 2h, 30d, or never to end (default: respond.defaultTtlSeconds)',
      secondsOrNever,
    )
    .addOption(
      new Option('--direction <way>', 'only what comes in from it, or goes out to it').choices([
        ...BLOCK_DIRECTIONS,
      ]),
    )
    .addOption(new Option('--protocol <name>', 'only this').choices([...BLOCK_PROTOCOLS]))
    .option('--ports <list>', 'only packets to these ports, such as 22,8000-8100', portList)
    .option('--reason <text>', 'for whoever reads the block later')
    .option('--event <id>', 'the event that led to it')
    .option('--override', 'pass the guards that are safe to pass')
    .option('--simulate', 'only say what it would cut off')
    .addHelpText('after', EXAMPLES)
    .action(run<BlockOptions>(orderBlocks))
  program
    .command('unblock')
    .argument('[target]', 'the address, the range, or the id of the block')
    .option('--all', 'lift every block')
    .description('let an address or a range in again; works without a running agent too')
    .addHelpText('after', '\nExamples:\n  picket unblock 192.0.2.7\n  picket unblock --all')
    .action(run<UnblockOptions>(unblock))
}

async function listBlocks({ options, context }: Invocation<BlocksOptions>): Promise<number> {
  const commandContext = context()
  const { limit, ...filters } = options
  const items = await listThrough(commandContext, limit, 'no blocks', async ({ api }, position) =>
    answerOf(await api.GET('/v1/blocks', { params: { query: { ...filters, ...position } } })),
  )
  printBlocks(items, commandContext)
  return EXIT.ok
}

async function orderBlocks({ args, options, context }: Invocation<BlockOptions>): Promise<number> {
  const commandContext = context()
  const targets = [args[0] ?? []].flat().map(requireTarget)
  const client = await openAgent(commandContext)
  if (client === null) throw noAgent()
  try {
    const requests = targets.map((target) => requestFor(target, options))
    if (options.simulate) return await simulate(client, requests, commandContext)
    const [only, ...others] = requests
    if (others.length > 0) return await orderMany(client, requests, commandContext)
    printBlocks([answerOf(await client.api.POST('/v1/blocks', { body: only! }))], commandContext)
    return EXIT.ok
  } finally {
    await client.close()
  }
}

function requestFor(target: string, options: BlockOptions): BlockRequest {
  const { ttl, direction, protocol, ports, reason, event, override } = options
  return {
    target,
    ...(direction === undefined ? {} : { direction }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(ports === undefined ? {} : { ports: ports.map(formatPortRange) }),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl === 'never' ? null : ttl }),
    ...(reason === undefined ? {} : { reason }),
    ...(event === undefined ? {} : { eventId: event }),
    ...(override === undefined ? {} : { override }),
  }
}

/** Prints the blocks that stand and tells of each that does not. */
async function orderMany(
  { api }: ApiClient,
  blocks: BlockRequest[],
  context: CommandContext,
): Promise<number> {
  const { items } = answerOf(await api.POST('/v1/blocks/bulk', { body: { blocks } }))
  printBlocks(items.flatMap(({ block }) => block ?? []), context) // prettier-ignore
  for (const { target, problem } of items) {
    if (problem === null) continue
    context.terminal.writeError(`picket: ${printable(problem.detail ?? target)}\n`)
  }
  return items.some(({ problem }) => problem !== null) ? EXIT.failure : EXIT.ok
}

async function unblock({
  args,
  options,
  rescueContext,
}: Invocation<UnblockOptions>): Promise<number> {
  const [target] = args
  if ((target === undefined) === (options.all === undefined)) {
    throw new PicketError('ERR_USAGE', 'name what to unblock: one target or id, or --all', {
      hint: 'picket blocks lists what is blocked',
    })
  }
  const context = rescueContext()
  const agent = await reachAgent(context)
  try {
    const lifted = await (agent === null
      ? liftWithoutAgent(context, target)
      : liftThrough(agent, context, target))
    if (lifted.length === 0) context.terminal.writeError('nothing was blocked\n')
    printBlocks(lifted, context)
    return EXIT.ok
  } finally {
    await agent?.close()
  }
}

async function liftThrough(
  agent: ApiClient,
  { config }: CommandContext,
  target: string | undefined,
): Promise<readonly Block[]> {
  if (await answers(agent)) return lift(agent, target)
  if (target !== undefined) throw agentHangs('nothing was lifted')
  const { clearFirewalls } = await import('../../blocking/lifting.ts')
  await clearFirewalls(config.respond)
  throw agentHangs('the firewall is clear now, but holds the blocks again when it goes on')
}

async function liftWithoutAgent(
  context: CommandContext,
  target: string | undefined,
): Promise<readonly Block[]> {
  const { clearFirewalls, openForLifting } = await import('../../blocking/lifting.ts')
  try {
    const record = await openForLifting(context)
    try {
      return await lift(record, target)
    } finally {
      await record.close()
    }
  } finally {
    // Nobody else puts right a firewall that holds more than the record says, or whose record is broken.
    if (target === undefined) await clearFirewalls(context.config.respond)
  }
}

/** Lifts the blocks of the target, or all. */
async function lift(client: ApiClient, target: string | undefined): Promise<readonly Block[]> {
  if (target === undefined) return liftAll(client)
  const lifted: Block[] = []
  for (const id of await idsOf(client, target)) lifted.push(await liftOne(client, id))
  return lifted
}

async function liftAll({ api }: ApiClient): Promise<readonly Block[]> {
  return answerOf(await api.DELETE('/v1/blocks', {})).items
}

/** Lifts one block; one that is lifted already is given as it stands. */
async function liftOne({ api }: ApiClient, blockId: string): Promise<Block> {
  const params = { path: { blockId } }
  return answerOf(await api.DELETE('/v1/blocks/{blockId}', { params }))
}

async function standing({ api }: ApiClient, target?: string): Promise<readonly Block[]> {
  const filter = target === undefined ? {} : { target }
  const { items } = await collectPages(Number.MAX_SAFE_INTEGER, async (position) =>
    answerOf(await api.GET('/v1/blocks', { params: { query: { ...filter, ...position } } })),
  )
  return items
}

/** Finds the blocks that are meant: one by its id, or those in force on exactly this target, whatever they cover. */
async function idsOf(client: ApiClient, target: string): Promise<readonly string[]> {
  const range = parseCidr(target)
  if (range === null) return [requireId(target)]
  const overlapping = await standing(client, target)
  const exact = overlapping.filter((block) => block.target === formatCidr(range))
  if (exact.length > 0) return exact.map(({ id }) => id)
  const others = overlapping.map((block) => block.target).slice(0, 5)
  throw new PicketError('ERR_API_REQUEST', `${printable(target)} is not blocked`, {
    hint:
      others.length === 0
        ? 'picket blocks lists what is blocked'
        : `these blocks touch it: ${others.join(', ')}`,
  })
}

function printBlocks(blocks: readonly Block[], { json, terminal }: CommandContext): void {
  if (json) printJsonLines(blocks, terminal)
  else printTable(terminal, COLUMNS, blocks)
}

function targetWords(block: Block): string {
  return blockWords({ ...block, ports: block.ports.flatMap((port) => parsePortRange(port) ?? []) })
}

function untilWords(block: Block): string {
  const end = block.liftedAt ?? block.expiresAt
  return end === null ? 'lifted by hand' : clockTime(end)
}
