/** `picket models`: what this host has been learned to be, and how to go back or begin anew. */
import { counted } from '../../../core/text/amount.ts'
import { rfc3339FromUs } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import {
  rollBackModel,
  storedVersions,
  withdrawModel,
  type StoredVersion,
} from '../../../detect/models/index.ts'
import type { JudgedFigures } from '../../../record/logs/triage-log.ts'
import { answerOf, openAgent } from '../../client.ts'
import type { CommandContext } from '../../context.ts'
import type { AddCommands, Invocation } from '../../invocation.ts'
import { judgedDetectors, judgedWords } from '../../evaluation/judged.ts'
import { clockTime, EXIT, printJsonLines } from '../../print/output.ts'
import { auditCommand } from '../../record-access.ts'
import { printTable, type Column } from '../../print/table.ts'

interface ModelsOptions {
  readonly interface?: string
}

const COLUMNS: readonly Column<StoredVersion>[] = [
  { title: 'interface', text: (one) => one.interface },
  { title: 'version', text: ({ model }) => String(model?.version ?? ''), align: 'right' },
  { title: 'state', text: (one) => (one.model === null ? 'unusable' : one.isInForce ? 'in force' : 'kept') },
  { title: 'learned (UTC)', text: ({ model }) => (model === null ? '' : clockTime(rfc3339FromUs(model.learnedAtUs))) },
  { title: 'flows', text: ({ model }) => String(model?.training['rows'] ?? ''), align: 'right' },
  { title: 'threshold', text: ({ model }) => model?.threshold.toFixed(3) ?? '', align: 'right' },
  { title: 'note', text: (one) => one.fault ?? '', mayWrap: true },
] // prettier-ignore

const FORESTS = ['isolation-forest', 'random-forest']

const JUDGED: readonly Column<{ detector: string; judged: JudgedFigures | null }>[] = [
  { title: 'detector', text: ({ detector }) => detector },
  { title: 'false of judged', text: ({ judged }) => judgedWords(judged), align: 'right' },
]

/** Adds `models status`, `models rollback` and `models train`. */
export const addModels: AddCommands = (program, run) => {
  const models = program
    .command('models')
    .description("look after the models of this host's usual traffic")
  models
    .command('status')
    .description(
      'list the model in force and those kept before it, and how far the learning of a first one is',
    )
    .action(run(status))
  models
    .command('rollback')
    .description('go back to the model before the one in force; a running agent uses it at once')
    .option('--interface <name>', 'of which interface (where more than one has a model)')
    .action(run<ModelsOptions>(rollback))
  models
    .command('train')
    .description('set the model aside: the agent learns the usual traffic anew')
    .option('--interface <name>', 'of which interface (where more than one has a model)')
    .addHelpText('after', '\nThe random forest is trained by `picket train`.')
    .action(run<ModelsOptions>(learnAnew))
}

/** The versions, then a line for each forest: how analysts judged what it told. */
async function status({ context }: Invocation): Promise<number> {
  const commandContext = context()
  const { directory, terminal, json } = commandContext
  const versions = storedVersions(directory)
  const judgedOf = await judgedDetectors(commandContext)
  const judged = FORESTS.map((detector) => ({ detector, judged: judgedOf(detector) }))
  const learning = await interfacesBeingLearned(commandContext)
  if (json) {
    printJsonLines([...versions.map(plain), ...learning, ...judged], terminal)
    return EXIT.ok
  }
  if (versions.length > 0) printTable(terminal, COLUMNS, versions)
  const { minimumFlows, minimumMinutes } = commandContext.config.detect.isolationForest
  for (const { interface: name, progress } of learning) {
    const wanted = `${counted(minimumFlows, 'flow')} and ${counted(minimumMinutes, 'minute')}`
    terminal.write(`${name} is being learned: ${Math.floor(progress * 100)} % of ${wanted}\n`)
  }
  if (versions.length + learning.length === 0)
    terminal.writeError(`no interface has taught a model yet in ${directory}\n`)
  printTable(terminal, JUDGED, judged)
  return EXIT.ok
}

interface BeingLearned {
  readonly interface: string
  readonly state: 'learning'
  /** 0–1. */
  readonly progress: number
}

/** As a running agent says; without one nothing is learned. */
async function interfacesBeingLearned(context: CommandContext): Promise<readonly BeingLearned[]> {
  const client = await openAgent(context)
  if (client === null) return []
  try {
    const { models = [] } = answerOf(await client.api.GET('/v1/health'))
    return models.flatMap(({ name, state, progress, interface: on }) =>
      name === 'isolation-forest' && state === 'learning'
        ? [{ interface: on, state, progress }]
        : [],
    )
  } finally {
    await client.close()
  }
}

async function rollback({ options, context }: Invocation<ModelsOptions>): Promise<number> {
  const commandContext = context()
  const name = interfaceOf(options, commandContext)
  if (await doneByAgent(commandContext, name, 'rollback')) return EXIT.ok
  const { version } = rollBackModel(commandContext.directory, name)
  await auditCommand(commandContext, { action: 'model.rolled-back', subject: name, details: { version } })
  return told(commandContext, { interface: name, version }, `model ${version} of ${name} is in its place again`)
} // prettier-ignore

async function learnAnew({ options, context }: Invocation<ModelsOptions>): Promise<number> {
  const commandContext = context()
  const name = interfaceOf(options, commandContext)
  if (await doneByAgent(commandContext, name, 'train')) return EXIT.ok
  const wasThere = withdrawModel(commandContext.directory, name)
  if (wasThere) {
    await auditCommand(commandContext, { action: 'model.withdrawn', subject: name, details: {} })
  }
  const words = wasThere ? `the model of ${name} was set aside` : `${name} has no model in force`
  return told(commandContext, { interface: name, version: null }, words)
}

/** Has a running agent do it, which starts the sensor anew; false where none runs. */
async function doneByAgent(context: CommandContext, name: string, verb: 'rollback' | 'train'): Promise<boolean> {
  const client = await openAgent(context)
  if (client === null) return false
  try {
    const params = { params: { path: { interface: name } } }
    const answer = verb === 'train' ? await client.api.POST('/v1/models/{interface}/train', params) : await client.api.POST('/v1/models/{interface}/rollback', params)
    const items = answerOf(answer).items.filter((one) => one.interface === name)
    const inForce = items.find((one) => one.isInForce)?.version ?? null
    if (context.json) printJsonLines(items, context.terminal)
    else context.terminal.write(inForce === null ? `${name} is learned anew\n` : `model ${inForce} of ${name} is in force\n`)
    return true
  } finally {
    await client.close()
  }
} // prettier-ignore

function told({ terminal, json, program }: CommandContext, facts: object, words: string): Promise<number> {
  if (json) printJsonLines([facts], terminal)
  else terminal.write(`${words}; restart the agent to put it to use (systemctl restart picket, or ${program} start)\n`)
  return Promise.resolve(EXIT.ok)
} // prettier-ignore

/** The interface that is meant: the one named, or the only one there is. */
function interfaceOf(options: ModelsOptions, { directory }: CommandContext): string {
  if (options.interface !== undefined) return options.interface
  const names = [...new Set(storedVersions(directory).map((one) => one.interface))]
  if (names.length === 1) return names[0]!
  const hint = names.length === 0 ? 'picket doctor' : `name one with --interface: ${names.join(', ')}`
  const message = names.length === 0 ? `no interface has taught a model yet in ${directory}` : 'several interfaces have models'
  throw new PicketError('ERR_USAGE', message, { hint })
} // prettier-ignore

function plain({ model, ...place }: StoredVersion): object {
  if (model === null) return place
  const { version, learnedAtUs, threshold, training } = model
  return { ...place, version, learnedAt: rfc3339FromUs(learnedAtUs), threshold, training }
}
