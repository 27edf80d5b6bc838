/** The self-test, one at a time. */
import type { SelfTestRun } from '../../../selftest/index.ts'
import type { Handler } from '../../contract/contract.ts'
import { Turns } from '../../limits/turns.ts'

const DEFAULT_SECONDS = 15

/** Serves `runSelfTest`. */
export function selfTestHandler(run: SelfTestRun): Handler<'runSelfTest'> {
  const turns = new Turns(1, 'self-test')
  return async ({ body }) => {
    const end = turns.take()
    try {
      const { timeoutSeconds = DEFAULT_SECONDS } = body
      return { status: 200, body: await run(timeoutSeconds * 1000) }
    } finally {
      end()
    }
  }
}
