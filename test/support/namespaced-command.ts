/** Lets the firewall's tools run inside a test host. */
import { runCommand, type RunCommand } from '../../src/respond/command.ts'
import type { TestHost } from './namespace.ts'

/** Runs each tool as `runCommand` does, but in the host's namespace. */
export function runInside(host: TestHost): RunCommand {
  return (tool, args, options) =>
    runCommand('ip', ['netns', 'exec', host.namespace, tool, ...args], options)
}
