#!/usr/bin/env node
/** argv in, exit code out. */
import { runCli } from './cli/index.ts'

process.exitCode = await runCli(process.argv.slice(2))
