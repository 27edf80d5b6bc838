/** Lifting blocks while no agent runs: straight through the record and the firewall. */
import { systemClock } from '../core/clock.ts'
import { silentLog } from '../core/log.ts'
import { createBlocker, createFirewall, createGuardFacts } from '../respond/index.ts'
import { inProcess, type ApiClient } from './client.ts'
import type { CommandContext } from './context.ts'
import { openRecordForWriting } from './record-access.ts'

export interface LiftingClient extends ApiClient {
  /** Lifts every block and removes our chain, jumps and sets from the firewall, whatever the record says. */
  liftAll(): Promise<number>
}

/**
 * Opens the record for writing, with the firewall behind it.
 *
 * Errors: `ERR_RECORD_OPEN`; lifting rejects with `ERR_FIREWALL_*`.
 */
export async function openForLifting(context: CommandContext): Promise<LiftingClient> {
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
  })
  const client = await inProcess(context, { record, blocker, close: () => record.close() })
  return {
    ...client,
    async liftAll() {
      const lifted = await blocker.liftAll('local')
      await firewall.teardown()
      return lifted
    },
  }
}
