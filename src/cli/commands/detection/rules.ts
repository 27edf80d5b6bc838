/** `picket rules`: check, list, try out and backtest rules in Sigma syntax. */
import { pointInTime } from '../../arguments.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'

const EXAMPLES = `
Examples:
  picket rules check /etc/picket/rules
  picket rules test --pcap capture.pcap --rule my-rule.yaml
  picket rules backtest --since 24h --rule my-rule.yaml`

interface RuleOption {
  readonly rule?: readonly string[]
}

/** Adds `rules check`, `list`, `enable`, `disable`, `fields`, `test` and `backtest`. */
export const addRules: AddCommands = (program, run) => {
  const rules = program
    .command('rules')
    .description('check, list, try out and backtest rules in Sigma syntax')
    .addHelpText('after', EXAMPLES)
  rules
    .command('check')
    .argument('[path...]', 'rule files or folders (default: those that the agent would read)')
    .description('say which rules are bad, and where and why; exit 2 if any is')
    .action(run(check))
  rules
    .command('list')
    .description('list the rules and whether they are in force')
    .action(run(list))
  for (const verb of ['enable', 'disable'] as const) {
    rules
      .command(verb)
      .argument('<name>', 'as `picket rules list` shows it')
      .description(`${verb} a rule in the running agent, at once and for good`)
      .action(run(verb === 'enable' ? enable : disable))
  }
  rules.command('fields').description('list what rules may ask for').action(run(fields))
  rules
    .command('test')
    .requiredOption('--pcap <file>', 'the capture to try the rules on')
    .option('--rule <path...>', 'rule files or folders, instead of those in force')
    .description('say which rules fire on a capture; nothing is recorded')
    .action(run<RuleOption & { readonly pcap: string }>(test))
  rules
    .command('backtest')
    .option('--since <time>', 'from when on: 24h, 2026-01-05, 2026-01-05T10:00:00Z', pointInTime)
    .option('--rule <path...>', 'rule files or folders, instead of those in force')
    .description(
      'say what rules would have found in the logged flows, and what a block would have cut off',
    )
    .action(run<RuleOption & { readonly since?: string }>(backtest))
}

// Loaded only when they run: the detectors are heavy for `picket events`.
async function check({ args, context }: Invocation): Promise<number> {
  const { checkRules } = await import('../../rules/listing.ts')
  return checkRules((args as unknown as readonly (readonly string[])[]).flat(), context())
}

async function list({ context }: Invocation): Promise<number> {
  const { listRules } = await import('../../rules/listing.ts')
  return listRules(context())
}

async function enable({ args, context }: Invocation): Promise<number> {
  const { switchRule } = await import('../../rules/switching.ts')
  return switchRule(args[0] ?? '', true, context())
}

async function disable({ args, context }: Invocation): Promise<number> {
  const { switchRule } = await import('../../rules/switching.ts')
  return switchRule(args[0] ?? '', false, context())
}

async function fields({ context }: Invocation): Promise<number> {
  const { listFields } = await import('../../rules/fields.ts')
  return listFields(context())
}

async function test({
  options,
  context,
}: Invocation<RuleOption & { readonly pcap: string }>): Promise<number> {
  const { testRules } = await import('../../rules/testing.ts')
  return testRules(options.pcap, options.rule ?? null, context())
}

async function backtest({
  options,
  context,
}: Invocation<RuleOption & { readonly since?: string }>): Promise<number> {
  const { backtestLog } = await import('../../rules/backtesting.ts')
  return backtestLog(options.since ?? pointInTime('24h'), options.rule ?? null, context())
}
