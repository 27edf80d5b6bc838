/** Lifting blocks while no agent runs: straight through the record and the firewall. */
import { systemClock } from '../../core/clock.ts'
import { PicketError } from '../../core/errors.ts'
import { silentLog } from '../../core/log/log.ts'
import type { RespondConfig } from '../../respond/config.ts'
import {
  createBlocker,
  createFirewall,
  createGuardFacts,
  formerFirewalls,
  PanicSwitch,
  type Firewall,
} from '../../respond/index.ts'
import { inProcess, type ApiClient } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { openRecordForWriting } from '../record-access.ts'

/**
 * Opens the record for writing, with the firewall behind it.
 *
 * Errors: `ERR_RECORD_OPEN`; lifting rejects with `ERR_FIREWALL_*`.
 */
export async function openForLifting(context: CommandContext): Promise<ApiClient> {
  const { config } = context
  const record = await openRecordForWriting(context)
  const firewall = createFirewall(config.respond)
  const blocker = createBlocker({
    firewall,
    blocks: record.blocks,
    guardFacts: createGuardFacts({ config: config.respond, allowlist: [], sinkHosts: [] }),
    clock: systemClock,
    log: silentLog,
    config: config.respond,
    automatic: config.policy,
    panic: new PanicSwitch(context.directory),
  })
  return inProcess(context, { record, blocker, close: () => record.close() })
}

/**
 * Removes every trace of ours from the firewall that is configured and from those that may have been before;
 * a dry run touches none.
 *
 * Errors: `ERR_FIREWALL_*` of the one that is configured; of the others what is not there can't be cleared.
 */
export async function clearFirewalls(config: RespondConfig): Promise<void> {
  await Promise.allSettled(formerFirewalls(config).map((firewall) => firewall.teardown()))
  await tearDown(createFirewall(config))
}

/**
 * Removes every trace of ours from every firewall, also where the configuration is of a dry run by now.
 *
 * Errors: as `clearFirewalls`; a dry run has none, since whoever tries things out may have no right to look.
 */
export async function clearEveryFirewall(config: RespondConfig): Promise<void> {
  if (config.firewall !== 'dry-run') return clearFirewalls(config)
  await Promise.allSettled(
    (['iptables', 'nftables'] as const).map((firewall) =>
      tearDown(createFirewall({ ...config, firewall })),
    ),
  )
}

/** An agent that runs takes the same things out at the same time: what one finds gone is no failure. */
async function tearDown(firewall: Firewall, attempts = 3): Promise<void> {
  try {
    await firewall.teardown()
  } catch (error) {
    if (!(error instanceof PicketError) || attempts === 1) throw error
    await tearDown(firewall, attempts - 1)
  }
}
