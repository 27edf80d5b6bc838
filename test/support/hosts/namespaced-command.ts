/** Lets the firewall's tools run inside a test host. */
import {
  runCommand,
  startTool,
  type RunCommand,
  type StartTool,
} from '../../../src/respond/command.ts'
import type { TestHost } from './namespace.ts'

/** Runs each tool as `runCommand` does, but in the host's namespace. */
export function runInside(host: TestHost): RunCommand {
  return (tool, args, options) =>
    runCommand('ip', ['netns', 'exec', host.namespace, tool, ...args], options)
}

/** Starts each tool as `startTool` does, but in the host's namespace. */
export function startInside({ namespace }: TestHost): StartTool {
  return (tool, args) => startTool('ip', ['netns', 'exec', namespace, tool, ...args])
}
