/** The steps that bring a database of any earlier version to the present one, in order. */
import { begin } from './001-begin.ts'
import { flowBatches } from './002-flow-batches.ts'
import { triage } from './003-triage.ts'
import { evidence } from './004-evidence.ts'
import { auditPeer } from './005-audit-peer.ts'
import { outbox } from './006-outbox.ts'
import { blockScope } from './007-block-scope.ts'
import { api } from './008-api.ts'
import { fleet } from './009-fleet.ts'
import { flowOutbox } from './010-flow-outbox.ts'
import { reserve } from './011-reserve.ts'
import { mildEvents } from './012-mild-events.ts'
import { quickLooks } from './013-quick-looks.ts'
import type { Migration } from './migration.ts'

export const MIGRATIONS: readonly Migration[] = [
  ...[begin, flowBatches, triage, evidence],
  ...[auditPeer, outbox, blockScope, api],
  ...[fleet, flowOutbox, reserve, mildEvents],
  quickLooks,
]

/** The `user_version` of a database this build writes. */
export const LATEST_VERSION = MIGRATIONS.at(-1)!.version
