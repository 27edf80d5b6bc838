/**
 * The agent's own operational log: winston's home. Events about traffic never go through here.
 *
 * The packages are loaded with the first message: most commands log nothing, and loading takes 70 ms.
 */
import { createRequire } from 'node:module'
import type winston from 'winston'
import type { Syslog } from 'winston-syslog'
import { goesToJournal, markedForJournal } from './journal.ts'

const require = createRequire(import.meta.url)

export type LogFields = Readonly<Record<string, unknown>>

/** A plain sentence and fields; no interpolation into the sentence. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** Resolves once everything logged so far is handed to its transports. */
  close(): Promise<void>
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  readonly level: LogLevel
  /** One JSON object a line (journald, containers) or aligned words (a terminal). */
  readonly format: 'text' | 'json'
  /** A file to append to as well, or null. */
  readonly file: string | null
  /** A local syslog daemon to tell as well; never over TLS (winston-syslog verifies nothing). */
  readonly syslog: {
    readonly enabled: boolean
    readonly protocol: 'udp4' | 'tcp4' | 'unix'
    readonly host: string
    readonly port: number
    readonly path: string
  }
}

type Line = winston.Logform.TransformableInfo

/** What is not a field of the caller's. */
const HEAD = new Set(['timestamp', 'level', 'message'])

/** Where winston keeps a line as its format has written it. */
const MESSAGE = Symbol.for('message')

function sentence(line: Line): string {
  const words = Object.entries(line)
    .filter(([key, value]) => !HEAD.has(key) && value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [String(line.message), ...words].join(' ')
}

const textLine = (line: Line): string =>
  `${String(line['timestamp'])} ${line.level.padEnd(5)} ${sentence(line)}`

/** Opens the operational log; it writes to standard error, and to a file and syslog where asked. */
export function createLog(options: LogOptions): Log {
  let opened: winston.Logger | null = null
  const say =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(options.level)) return
      opened ??= openLogger(options)
      opened.log(level, message, fields)
    }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    close: () => (opened === null ? Promise.resolve() : closed(opened)),
  }
}

function openLogger(options: LogOptions): winston.Logger {
  const { createLogger, format, transports: kinds } = require('winston') as typeof winston
  const { combine, timestamp, json, printf } = format
  const isJson = options.format === 'json'
  const journalLine = (line: Line): string =>
    markedForJournal(isJson ? String(line[MESSAGE]) : sentence(line), line.level as LogLevel)
  const console = new kinds.Console({
    stderrLevels: [...LOG_LEVELS],
    ...(goesToJournal() && { format: printf(journalLine) }),
  })
  const transports: winston.transport[] = [console]
  if (options.file !== null) {
    transports.push(new kinds.File({ filename: options.file, maxsize: 10_000_000, maxFiles: 5 }))
  }
  if (options.syslog.enabled) transports.push(syslogTransport(options.syslog))
  const logger = createLogger({
    level: options.level,
    format: combine(timestamp(), isJson ? json() : printf(textLine)),
    transports,
  })
  for (const transport of transports) transport.on('error', () => undefined)
  return logger
}

function closed(logger: winston.Logger): Promise<void> {
  return new Promise((resolve) => {
    // A syslog daemon that is away must not hold up the agent's end.
    const giveUp = setTimeout(resolve, 500)
    logger.once('finish', () => {
      clearTimeout(giveUp)
      resolve()
    })
    logger.end()
  })
}

function syslogTransport(syslog: LogOptions['syslog']): winston.transport {
  const { Syslog: SyslogTransport } = require('winston-syslog') as { Syslog: typeof Syslog }
  return new SyslogTransport({
    protocol: syslog.protocol,
    host: syslog.host,
    port: syslog.port,
    path: syslog.path,
    app_name: 'picket',
    type: 'RFC5424',
    facility: 'daemon',
    eol: '\n',
  })
}

/** A log that keeps nothing, for tests and for one-shot commands. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  close: () => Promise.resolve(),
}
