/**
 * Takes our chain out of both of iptables' variants, legacy and nf_tables: each has tables of its own, and a host that
 * was switched from one to the other (update-alternatives) has what was made before where `iptables` looks no more.
 */
import { PicketError } from '../../../core/errors.ts'
import type { RunCommand } from '../../command.ts'
import { rulesToRemove } from './packet-rules.ts'

/** Seconds to wait for the lock that all users of iptables share. */
export const LOCK_WAIT = ['-w', '10'] as const

const TOOLS = ['iptables', 'ip6tables'].flatMap((tool) => [`${tool}-legacy`, `${tool}-nft`])

/** Removes chain and jumps of ours wherever they stand. Errors: `ERR_FIREWALL_*` where one can be seen and stays. */
export async function clearEitherVariant(run: RunCommand): Promise<void> {
  for (const tool of TOOLS) {
    const removal = rulesToRemove(await filterOf(run, tool))
    if (removal !== null) {
      await run(`${tool}-restore`, ['--noflush', ...LOCK_WAIT], { input: removal })
    }
  }
}

/** As `iptables -S` prints it; unlike that, saving makes no table where there is none. */
async function filterOf(run: RunCommand, tool: string): Promise<string> {
  try {
    const saved = await run(`${tool}-save`, [])
    const filter = /^\*filter$(.*?)^COMMIT$/ms.exec(saved)?.[1] ?? ''
    return filter.replaceAll(/^:(\S+) .*$/gm, '-N $1')
  } catch (error) {
    if (!(error instanceof PicketError)) throw error
    // Not installed, or not in this kernel: nothing of ours can be there.
    return ''
  }
}
