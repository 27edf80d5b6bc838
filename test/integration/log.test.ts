import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createLog } from '../../src/core/log/log.ts'

const noSyslog = { enabled: false, protocol: 'udp4', host: '', port: 1, path: '' } as const

it('appends the operational log to a file, one JSON object a line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'picket-log-'))
  const file = join(folder, 'agent.log')
  const log = createLog({ level: 'warn', format: 'json', file, syslog: noSyslog })
  log.info('not important enough', {})
  log.warn('a sensor failed', { interface: 'eth0' })
  await log.close()
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', message: 'a sensor failed', interface: 'eth0' },
  ])
  rmSync(folder, { recursive: true })
})

it('tells a syslog daemon as well', async () => {
  const daemon = createSocket('udp4').bind(0, '127.0.0.1')
  await once(daemon, 'listening')
  const { port } = daemon.address()
  const syslog = { ...noSyslog, enabled: true, host: '127.0.0.1', port }
  const log = createLog({ level: 'info', format: 'json', file: null, syslog })
  const received = once(daemon, 'message') as Promise<[Buffer]>
  log.info('picket is running', { sensors: 2 })
  expect((await received)[0].toString()).toMatch(/picket.*picket is running/)
  await log.close()
  daemon.close()
})

it('ends within half a second though the syslog daemon is away', async () => {
  const syslog = {
    ...noSyslog,
    enabled: true,
    protocol: 'tcp4',
    host: '127.0.0.1',
    port: 9,
  } as const
  const log = createLog({ level: 'info', format: 'text', file: null, syslog })
  log.info('nobody hears this')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const closed = log.close()
  vi.advanceTimersByTime(500)
  await closed
})
