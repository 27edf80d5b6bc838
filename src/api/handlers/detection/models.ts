/** The models that this host taught: which there are, learning anew, going back. */
import type { components } from '../../../../openapi/contract.d.ts'
import { rfc3339FromUs } from '../../../core/clock.ts'
import { PicketError } from '../../../core/errors.ts'
import type { AuditTrail } from '../../../record/record.ts'
import { judgedFigures, type TriageLog } from '../../../record/logs/triage-log.ts'
import type { Handler } from '../../contract/contract.ts'
import { notFound } from '../../problem.ts'

type ModelList = components['schemas']['ModelList']

const FORESTS = ['isolation-forest', 'random-forest'] as const

export interface ModelParts {
  /** The data folder. */
  readonly directory: string
  readonly audit: AuditTrail
  readonly triage: Pick<TriageLog, 'verdictCounts'>
  /** Starts the interface's sensor anew, with the model that is in force; false where there is no such sensor. */
  restartSensor(interfaceName: string): Promise<boolean>
}

/** Serves the operations on models. */
export function modelHandlers({ directory, audit, triage, restartSensor }: ModelParts): {
  [Id in 'listModels' | 'trainModel' | 'rollBackModel']: Handler<Id>
} {
  const listing = async (): Promise<ModelList> => ({
    items: await versionsIn(directory),
    detectors: judgedForests(triage),
  })
  const change = async (action: string, interfaceName: string, actor: string) => {
    await audit.append({ actor, action, subject: interfaceName, details: {} })
    await restartSensor(interfaceName)
    return { status: 200 as const, body: await listing() }
  }
  return {
    listModels: async () => ({ status: 200, body: await listing() }),
    trainModel: async ({ path, caller }) => {
      const { withdrawModel } = await models()
      if (!withdrawModel(directory, path.interface)) {
        throw notFound(
          `${path.interface} has no model in force: it is still learning, or not captured`,
        )
      }
      return change('model.withdrawn', path.interface, caller!.actor)
    },
    rollBackModel: async ({ path, caller }) => {
      const { rollBackModel } = await models()
      try {
        rollBackModel(directory, path.interface)
      } catch (error) {
        if (!(error instanceof PicketError)) throw error
        throw notFound(`no earlier model of ${path.interface} is kept`)
      }
      return change('model.rolled-back', path.interface, caller!.actor)
    },
  }
}

/** Loaded when it is asked for: the forests are heavy for `picket events`, which needs none. */
const models = () => import('../../../detect/models/index.ts')

function judgedForests(triage: ModelParts['triage']): ModelList['detectors'] {
  const counts = triage.verdictCounts()
  return FORESTS.map((detector) => ({ detector, judged: judgedFigures(counts, detector) }))
}

async function versionsIn(directory: string): Promise<ModelList['items']> {
  const { storedVersions } = await models()
  return storedVersions(directory).map(({ interface: name, isInForce, model, fault }) => ({
    interface: name,
    version: model?.version ?? null,
    isInForce,
    learnedAt: model === null ? null : rfc3339FromUs(model.learnedAtUs),
    threshold: model?.threshold ?? null,
    fault,
  }))
}
