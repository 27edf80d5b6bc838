/** A thread that grows small forests: one job in, one flat forest out. */
import { parentPort } from 'node:worker_threads'
import { growRandomForest } from './random-forest.ts'
import type { GrowJob } from './grow-forest.ts'

parentPort?.on('message', ({ bag, options }: GrowJob) => {
  parentPort?.postMessage(growRandomForest(bag, options).forest)
})
