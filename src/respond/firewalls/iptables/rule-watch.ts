/** Hears of changes to the rules as they are made: between two looks a flush would let everybody in for seconds. */
import { findTool, type StartTool } from '../../command.ts'
import type { RuleWatch } from '../../firewall.ts'

const MONITOR = 'xtables-monitor'
/** The line buffer lets it tell at once; it ends with the agent, also where that is killed. */
const ARGS = ['--pdeathsig', 'KILL', 'stdbuf', '-oL', MONITOR, '--event']
/** ` EVENT: -4 -t filter -D INPUT -j PICKET`: elements of sets and others' tables are none. */
const FILTER_RULE = / -t filter /
/** It ends when more changes at once than it can read, and where the kernel has no nf_tables. */
const AGAIN_AFTER_MS = 10_000

/**
 * Calls back when rules of a filter table have changed, by whomever, until it is closed.
 *
 * Only rules of nf_tables (`iptables-nft`) are heard of; of the legacy variant's nothing is.
 */
export function watchRules(start: StartTool, changed: () => void): RuleWatch {
  let child: ReturnType<StartTool> | null = null
  let again: NodeJS.Timeout | undefined
  let isClosed = false

  const listen = async (): Promise<void> => {
    if ((await findTool(MONITOR)) === null || isClosed) return
    child = start('setpriv', ARGS)
    child.stdout?.on('data', (bytes: Buffer) => {
      if (FILTER_RULE.test(bytes.toString('latin1'))) changed()
    })
    child.on('error', () => undefined)
    child.on('close', () => {
      child = null
      if (isClosed) return
      again = setTimeout(() => void listen(), AGAIN_AFTER_MS).unref()
    })
  }

  void listen()
  return {
    close() {
      isClosed = true
      clearTimeout(again)
      child?.kill('SIGKILL')
    },
  }
}
