#!/usr/bin/env node
/** argv in, exit code out. */
import { runCli } from './cli/index.ts'
import { boundCompilation } from './core/compiler.ts'

boundCompilation()
process.exitCode = await runCli(process.argv.slice(2))
