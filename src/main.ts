#!/usr/bin/env node
/** argv in, exit code out. */
import { runCli } from './cli/index.ts'
import { inlineLess } from './core/process/v8-flags.ts'

inlineLess()
process.exitCode = await runCli(process.argv.slice(2))
