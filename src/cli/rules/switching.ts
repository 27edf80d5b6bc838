/** `picket rules enable` and `disable`: at once and for good, through the running agent. */
import { answerOf, noAgent, openAgent } from '../client.ts'
import type { CommandContext } from '../context.ts'
import { EXIT } from '../print/output.ts'
import { jsonLine, printable } from '../print/printable.ts'

/** Has the running agent switch a rule, and prints what came of it. */
export async function switchRule(
  name: string,
  isEnabled: boolean,
  context: CommandContext,
): Promise<number> {
  const { terminal, json } = context
  const client = await openAgent(context)
  if (client === null) throw noAgent()
  try {
    const rule = answerOf(
      await client.api.PATCH('/v1/rules/{ruleName}', {
        params: { path: { ruleName: name } },
        body: { enabled: isEnabled },
      }),
    )
    if (json) terminal.write(`${jsonLine(rule)}\n`)
    else terminal.write(`${printable(rule.name)} is ${rule.state}\n`)
    return EXIT.ok
  } finally {
    await client.close()
  }
}
