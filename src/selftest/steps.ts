/** What a self-test found, step by step, each with how long it took from the attack on. */
import type { components } from '../../openapi/contract.d.ts'

export type SelfTestReport = components['schemas']['SelfTest']
export type SelfTestStep = SelfTestReport['steps'][number]

/** Writes steps down with the time since the attack. */
export class StepLog {
  readonly steps: SelfTestStep[] = []
  readonly #startedAt = performance.now()

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  passed(step: SelfTestStep['step'], subject: string | null, detail: string): void {
    this.#write({ step, subject, outcome: 'passed', detail })
  }

  failed(step: SelfTestStep['step'], subject: string | null, detail: string): void {
    this.#write({ step, subject, outcome: 'failed', detail })
  }

  get hasFailed(): boolean {
    return this.steps.some(({ outcome }) => outcome === 'failed')
  }

  #write(step: Omit<SelfTestStep, 'milliseconds'>): void {
    this.steps.push({ ...step, milliseconds: this.elapsedMs })
  }
}
