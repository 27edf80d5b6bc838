/** What `npm run bench` may be told. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** In the order of the report; each can be asked for with `--only`. */
export const PARTS = [
  ...['pipeline', 'flood', 'peers', 'stages', 'memory'],
  ...[
    'record',
    'record-writes',
    'large-record',
    'live',
    'owner',
    'forwarding',
    'response',
    'feeds',
    'api',
  ],
]

export const USAGE = `Measures Picket on this machine against programs that Debian ships, and prints the figures.

Usage: npm run bench [-- [FILE.pcap] [OPTIONS]]

  FILE.pcap        the capture for the whole pipeline and the stages; else a large one is made, once
  --rounds N       measures everything N times and keeps the medians (default 3)
  --only PARTS     only these, by commas: ${PARTS.join(', ')}
  --write          with --only: writes these sections of test/bench/RESULTS.md anew, and keeps the others
  --syns N         packets of the SYN flood (default 1000000)
  --help           prints this

A complete run writes test/bench/RESULTS.md, in which each section says when and at which commit it was measured; with
--only the figures are printed alone.
Programs beside which Picket is measured are left out where they are not installed.
Leave the machine alone meanwhile: a default run takes about twenty minutes on two cores, and 3 GB of disk for a while.
`

/** An option that cannot be meant: what is wrong and what to write instead. */
export class UsageError extends Error {}

/**
 * Reads the arguments.
 *
 * Shape: `{ isHelp, file, rounds, syns, parts, hasPeers, isComplete, isWritten }`; peers run beside both captures where
 * neither is asked for. Errors: `UsageError`.
 */
export function readOptions(args) {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) {
    throw new UsageError(`one capture can be measured, not ${positionals.length}`)
  }
  const [file] = positionals
  if (file !== undefined && !existsSync(file)) throw new UsageError(`there is no file ${file}`)
  const parts = values.only === undefined ? PARTS : partsOf(values.only)
  const hasPeers = parts.includes('peers')
  const hasCapture = parts.includes('pipeline') || parts.includes('flood')
  return {
    isHelp: values.help === true,
    file,
    rounds: wholeNumber('--rounds', values.rounds ?? '3', 1, 99),
    syns: wholeNumber('--syns', values.syns ?? '1000000', 1, 10_000_000),
    parts: hasPeers && !hasCapture ? ['pipeline', 'flood', ...parts] : parts,
    hasPeers,
    isComplete: values.only === undefined,
    isWritten: values.write === true,
  }
}

function parse(args) {
  const options = {
    help: { type: 'boolean' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean' },
    syns: { type: 'string' },
  }
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (failure) {
    throw new UsageError(failure.message.split('. ')[0])
  }
}

function wholeNumber(name, text, least, most) {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(`${name} is '${text}'; use a whole number from ${least} to ${most}`)
}

function partsOf(text) {
  const parts = text.split(',')
  const unknown = parts.find((part) => !PARTS.includes(part))
  if (unknown !== undefined) {
    throw new UsageError(`--only names '${unknown}'; the parts are ${PARTS.join(', ')}`)
  }
  return parts
}
