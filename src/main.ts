#!/usr/bin/env node
/** argv in, exit code out. */
import { runCli } from './cli/index.ts'
import { inlineLess, keepYoungGenerationSmall } from './core/v8-flags.ts'

inlineLess()
keepYoungGenerationSmall()
process.exitCode = await runCli(process.argv.slice(2))
