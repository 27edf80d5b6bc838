/** Feeds as the agent keeps them: files and a real HTTP server, good, unchanged, broken and gone. */
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { validateConfig } from '../../src/config/index.ts'
import { silentLog } from '../../src/core/log/log.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { neededIn } from '../../src/respond/index.ts'
import { Feeds } from '../../src/detect/intel/index.ts'
import type { IndicatorTables } from '../../src/detect/index.ts'

const nowMs = Date.now()
const clock = { nowMs: () => nowMs }

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-feeds-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed`
}

function feedsOf(directory: string, feed: object, intel: object = {}) {
  const told: IndicatorTables[] = []
  const { detect } = validateConfig({ detect: { intel: { feeds: [feed], ...intel } } }, 'test')
  const feeds = new Feeds({
    ...{ config: detect.intel, directory, clock, log: silentLog },
    onTables: (tables) => told.push(tables),
  })
  onTestFinished(() => feeds.stop())
  return { feeds, told }
}

test('a file is in force at once, and again when it has changed', async () => {
  const directory = await temporaryFolder()
  const source = join(directory, 'list.txt')
  await writeFile(source, '203.0.113.7\nexample\n')
  const { feeds, told } = feedsOf(directory, { name: 'ours', source })
  expect(feeds.read().count).toBe(1)
  await feeds.refresh(null)
  expect(told).toEqual([])
  await writeFile(source, '203.0.113.7\n203.0.113.8\n')
  await utimes(source, new Date(nowMs + 5000), new Date(nowMs + 5000))
  await feeds.refresh('ours')
  expect(told.map(({ count }) => count)).toEqual([2])
  expect(feeds.list()).toMatchObject([{ reading: { counts: { address: 2 }, refused: 0 } }])
})

test('a URL is fetched, kept for the next start, and not sent again while unchanged', async () => {
  const directory = await temporaryFolder()
  const asked: (string | undefined)[] = []
  const source = await served((request, response) => {
    asked.push(request.headers['if-none-match'])
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"1"' }).end('evil.example\n')
  })
  const { feeds, told } = feedsOf(directory, { name: 'far', source })
  expect(feeds.read().count).toBe(0)
  await feeds.refresh('far')
  await feeds.refresh('far')
  expect(asked).toEqual([undefined, '"1"'])
  expect(told.at(-1)!.count).toBe(1)
  expect(feedsOf(directory, { name: 'far', source }).feeds.read().count).toBe(1)
})

test('what a server gave stays in force when it fails, until it expires', async () => {
  const directory = await temporaryFolder()
  let isWell = true
  const source = await served((_, response) => {
    if (isWell) response.end('203.0.113.7\n')
    else response.writeHead(503).end()
  })
  const { feeds } = feedsOf(directory, { name: 'far', source, expireDays: 1 })
  await feeds.refresh('far')
  isWell = false
  await feeds.refresh('far')
  const [status] = feeds.list()
  expect(status!.lastError).toMatch(/^feed far: http:.*: the server answered 503/)
  expect(feeds.tables.count).toBe(1)
  const dayLater = Math.floor(Date.now() / 1000) + 86_400
  expect(Math.abs(Math.max(...feeds.tables.validUntil) - dayLater)).toBeLessThan(10)
})

test('a feed that is not what it is said to be, or gone, leaves the others in force', async () => {
  const directory = await temporaryFolder()
  await writeFile(join(directory, 'good.txt'), '203.0.113.7\n')
  await writeFile(join(directory, 'bad.json'), '{"objects": 7}')
  const { detect } = validateConfig(
    {
      detect: {
        intel: {
          feeds: [
            { name: 'gone', source: join(directory, 'gone.txt') },
            { name: 'bad', source: join(directory, 'bad.json'), format: 'stix' },
            { name: 'good', source: join(directory, 'good.txt') },
          ],
        },
      },
    },
    'test',
  )
  const ground = { config: detect.intel, directory, clock, log: silentLog }
  const feeds = new Feeds({ ...ground, onTables: () => undefined })
  expect(feeds.read().count).toBe(1)
  expect(feeds.list().map(({ lastError }) => lastError)).toEqual([
    `cannot read ${directory}/gone.txt: ENOENT: no such file or directory, stat '${directory}/gone.txt'`,
    'there is no list of objects in it',
    null,
  ])
})

test('indicators beyond the bound are counted, and credentials in a URL are sent but never shown', async () => {
  const directory = await temporaryFolder()
  const lines = Array.from({ length: 1500 }, (_, n) => `host${n}.example`)
  const asked: (string | undefined)[] = []
  const source = await served((request, response) => {
    asked.push(request.headers.authorization)
    response.end(lines.join('\n'))
  })
  const secret = source.replace('http://', 'http://me:hunter2@')
  const { feeds } = feedsOf(directory, { name: 'big', source: secret }, { maxIndicators: 1000 })
  await feeds.refresh('big')
  const [status] = feeds.list()
  expect(asked).toEqual([`Basic ${Buffer.from('me:hunter2').toString('base64')}`])
  expect(status).toMatchObject({ source, lastError: null, reading: { left: 500 } })
  expect(feeds.tables.count).toBe(1000)
})

test.each([
  ['a page that asks for a login', '<html><body>Log in first</body></html>', /page of HTML/],
  ['JSON cut short', '{"Attribute":[{"type":"ip-dst","value":"203.0.113.7"', /JSON/],
  ['words', 'Service unavailable\n', /nothing in it is an indicator/],
  ['nothing', '', /empty/],
])(
  '%s with status 200 does not take the place of what was given before',
  async (_, body, fault) => {
    const directory = await temporaryFolder()
    let answer = '203.0.113.7\n'
    const source = await served((_request, response) => void response.end(answer))
    const { feeds } = feedsOf(directory, { name: 'far', source })
    await feeds.refresh(null)
    answer = body
    await feeds.refresh(null)
    expect(feeds.tables.count).toBe(1)
    expect(feeds.list()[0]!.lastError).toMatch(fault)
    const { feeds: next } = feedsOf(directory, { name: 'far', source })
    expect(next.read().count).toBe(1)
  },
)

test('a feed whose entries are all gone has none in force', async () => {
  const directory = await temporaryFolder()
  let answer = '203.0.113.7\n'
  const source = await served((_request, response) => void response.end(answer))
  const { feeds } = feedsOf(directory, { name: 'far', source })
  await feeds.refresh(null)
  answer = '# no entries today\n'
  await feeds.refresh(null)
  expect(feeds.list()[0]!.lastError).toBeNull()
  expect(feedsOf(directory, { name: 'far', source }).feeds.read().count).toBe(0)
})

test('the fault of a file that cannot be read as it should is told until another is read', async () => {
  const directory = await temporaryFolder()
  const source = join(directory, 'list.json')
  await writeFile(source, '{ broken')
  const { feeds } = feedsOf(directory, { name: 'ours', source })
  feeds.read()
  await feeds.refresh(null)
  await feeds.refresh(null)
  expect(feeds.list()).toMatchObject([
    { reading: null, lastError: expect.stringMatching(/JSON/) as string },
  ])
})

test('a byte order mark in front of JSON is passed over', async () => {
  const directory = await temporaryFolder()
  const source = join(directory, 'list.json')
  await writeFile(source, '\ufeff{"Attribute":[{"type":"ip-dst","value":"203.0.113.7"}]}')
  expect(feedsOf(directory, { name: 'ours', source }).feeds.read().count).toBe(1)
})

test('what the host is or needs is in no feed, whatever a feed says', async () => {
  const directory = await temporaryFolder()
  const source = join(directory, 'list.txt')
  await writeFile(source, '203.0.113.7\n198.51.100.53\n198.51.100.0/24\nhttp://198.51.100.53/x\n')
  const { detect } = validateConfig(
    { detect: { intel: { feeds: [{ name: 'ours', source }] } } },
    '',
  )
  const resolver = { guard: 'resolver', range: parseCidr('198.51.100.53')! } as const
  const facts = { minPrefix4: 16, minPrefix6: 48, guarded: [resolver] }
  const feeds = new Feeds({
    ...{ config: detect.intel, directory, clock, log: silentLog },
    sparing: () => Promise.resolve((range) => neededIn(range, facts)),
    onTables: () => undefined,
  })
  await feeds.learnSpared()
  expect(feeds.read().count).toBe(1)
  expect(feeds.list()[0]!.reading!.refusals).toEqual([
    'line 2: "198.51.100.53" is spared: it is this host\'s DNS resolver',
    'line 3: "198.51.100.0/24" is spared: it holds 198.51.100.53, this host\'s DNS resolver',
    'line 4: "http://198.51.100.53/x" is spared: it is this host\'s DNS resolver',
  ])
})

test('URLs are fetched by the proxy that is named', async () => {
  const directory = await temporaryFolder()
  const asked: unknown[] = []
  const proxy = await served(({ url, headers }, response) => {
    asked.push([url, headers['proxy-authorization']])
    response.end('203.0.113.7\n')
  })
  const named = new URL('/', proxy)
  named.username = 'picket'
  named.password = 'secret'
  const feed = { name: 'far', source: 'http://feeds.example/list' }
  const { feeds } = feedsOf(directory, feed, { proxy: named.href })
  await feeds.refresh(null)
  expect(asked).toEqual([['http://feeds.example/list', `Basic ${btoa('picket:secret')}`]])
  expect(feeds.tables.count).toBe(1)
})

test('a proxy that cannot be is the fault of each feed, and ends nothing', async () => {
  const directory = await temporaryFolder()
  const feed = { name: 'far', source: 'http://feeds.example/list' }
  const { feeds } = feedsOf(directory, feed, { proxy: 'http://proxy.example:99999' })
  await feeds.refresh(null)
  expect(feeds.list()[0]!.lastError).toMatch(/detect\.intel\.proxy: invalid url/i)
})

test('an https URL is fetched through a tunnel, and the fault of its proxy is told', async () => {
  const directory = await temporaryFolder()
  const tunnels: (string | undefined)[] = []
  const server = createServer()
  server.on('connect', ({ url }, socket) => {
    tunnels.push(url)
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const feed = { name: 'far', source: 'https://feeds.example/list' }
  const { feeds } = feedsOf(directory, feed, { proxy })
  await feeds.refresh(null)
  expect(tunnels).toEqual(['feeds.example:443'])
  expect(feeds.list()[0]!.lastError).toMatch(/403/)
})
