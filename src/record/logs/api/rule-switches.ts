/** Which rules somebody switched on or off through the API, over what the configuration says. */
import type { AuditEntry } from '../block-log.ts'

export interface RuleSwitch {
  readonly rule: string
  readonly isEnabled: boolean
  readonly changedBy: string
  readonly changedAtMs: number
}

export interface RuleSwitches {
  all(): readonly RuleSwitch[]
  /** Writes the switch and the audit row, both or neither. Errors: `ERR_RECORD_WRITE`. */
  save(entry: RuleSwitch, audit: AuditEntry): Promise<void>
}
