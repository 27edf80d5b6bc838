/** What the listing commands share: their options, and what they say when there is nothing or more. */
import type { Command } from 'commander'
import { pointInTime, wholeNumber } from '../arguments.ts'
import { openForReading, type ApiClient } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { collectPages } from '../pages.ts'

/** Adds `--limit`. */
export function withLimit(command: Command): Command {
  return command.option('--limit <n>', 'the most to list', wholeNumber(1, 1_000_000), 100)
}

/** Adds `--from` and `--to`. */
export function withSpan(command: Command): Command {
  return command
    .option(
      '--from <time>',
      'nothing that ended before: a time, a day, or an age such as 2h',
      pointInTime,
    )
    .option('--to <time>', 'nothing that began at or after', pointInTime)
}

/** Lists pages through the API and notes on standard error when there is nothing, or more. */
export async function listThrough<Item>(
  context: CommandContext,
  limit: number,
  nothing: string,
  fetchPage: (
    client: ApiClient,
    position: { limit: number; cursor?: string },
  ) => Promise<{ readonly items: readonly Item[]; readonly nextCursor: string | null }>,
): Promise<readonly Item[]> {
  const client = await openForReading(context)
  try {
    const { items, hasMore } = await collectPages(limit, (position) => fetchPage(client, position))
    if (items.length === 0 && !context.json) context.terminal.writeError(`${nothing}\n`)
    if (hasMore) context.terminal.writeError(`there may be more; ask for them with --limit\n`)
    return items
  } finally {
    await client.close()
  }
}
