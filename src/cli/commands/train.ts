/** `picket train`: stub until the engine is there. */
import type { AddCommands } from '../invocation.ts'
export const addTrain: AddCommands = () => undefined
