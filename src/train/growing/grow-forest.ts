/** Grows a big random forest as many small ones on their own bags, on as many threads as there are. */
import { availableParallelism } from 'node:os'
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { builtProgram } from '../../core/process/programs.ts'
import { mergeForests, type FlatForest } from '../../detect/models/index.ts'
import { growRandomForest, type Bag, type RandomForestOptions } from './random-forest.ts'

/** What a thread is told: grow one small forest on one bag. */
export interface GrowJob {
  readonly bag: Bag
  readonly options: RandomForestOptions
}

export interface GrowOptions {
  /** Number of bags; each job is made when a thread is free for it. */
  readonly jobs: number
  readonly jobOf: (index: number) => GrowJob
  /** 0 grows in this thread. Default: as many as there are processors, at most 8. */
  readonly threads?: number | undefined
  readonly onGrown?: ((done: number) => void) | undefined
}

/**
 * Grows every job's forest and merges them in the order of the jobs: the number of threads changes
 * nothing but the time.
 *
 * Errors: rejects when a thread fails; the others are stopped.
 */
export async function growForest(options: GrowOptions): Promise<FlatForest> {
  const grown: FlatForest[] = []
  const threads = Math.min(options.threads ?? Math.min(8, availableParallelism()), options.jobs)
  const workerPath = builtProgram('train/growing/forest-worker')
  // Started from sources that were never built there is no file a thread could run.
  const lanes = threads > 1 && existsSync(workerPath) ? threads : 0
  let next = 0
  let done = 0
  const runLane = async (grow: (job: GrowJob) => Promise<FlatForest>): Promise<void> => {
    while (next < options.jobs) {
      const index = next
      next += 1
      grown[index] = await grow(options.jobOf(index))
      done += 1
      options.onGrown?.(done)
    }
  }
  if (lanes === 0) await runLane(growHere)
  else await onThreads(workerPath, lanes, runLane)
  return mergeForests(grown)
}

/** Grows in this thread, letting the event loop turn first so that progress shows and signals arrive. */
async function growHere(job: GrowJob): Promise<FlatForest> {
  await new Promise((resolve) => setImmediate(resolve))
  return growRandomForest(job.bag, job.options).forest
}

async function onThreads(
  workerPath: string,
  lanes: number,
  runLane: (grow: (job: GrowJob) => Promise<FlatForest>) => Promise<void>,
): Promise<void> {
  const workers = Array.from({ length: lanes }, () => new Worker(workerPath))
  try {
    await Promise.all(workers.map((worker) => runLane((job) => growOn(worker, job))))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function growOn(worker: Worker, job: GrowJob): Promise<FlatForest> {
  return new Promise((resolve, reject) => {
    const onMessage = (forest: FlatForest): void => {
      worker.off('error', onError)
      resolve(forest)
    }
    const onError = (error: Error): void => {
      worker.off('message', onMessage)
      reject(error)
    }
    worker.once('message', onMessage)
    worker.once('error', onError)
    worker.postMessage(job)
  })
}
