/** Follows a listing from page to page until it has as many items as were asked for. */

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

const MAX_PAGE = 1000

/** Collects up to `limit` items; `hasMore` says whether the listing goes on. */
export async function collectPages<Item>(
  limit: number,
  fetchPage: (position: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<{ readonly items: readonly Item[]; readonly hasMore: boolean }> {
  const items: Item[] = []
  let cursor: string | null = null
  do {
    const size = Math.min(MAX_PAGE, limit - items.length)
    const page: Page<Item> = await fetchPage({
      limit: size,
      ...(cursor === null ? {} : { cursor }),
    })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && items.length < limit)
  return { items, hasMore: cursor !== null }
}
