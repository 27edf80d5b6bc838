import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { resolveHosts } from '../../../../src/respond/guards/resolved-hosts.ts'

/** A name server that answers when it is told to. */
class NameServer {
  asked = 0
  #answer: (addresses: readonly string[]) => void = () => undefined
  #fail: (error: Error) => void = () => undefined

  readonly ask = (): Promise<readonly string[]> => {
    this.asked += 1
    return new Promise((resolve, reject) => {
      this.#answer = resolve
      this.#fail = reject
    })
  }

  async answers(...addresses: string[]): Promise<void> {
    this.#answer(addresses)
    await vi.advanceTimersByTimeAsync(0)
  }

  async fails(): Promise<void> {
    this.#fail(new Error('no answer'))
    await vi.advanceTimersByTimeAsync(0)
  }
}

/** What has come of it by now. */
async function soFar<Value>(promise: Promise<Value>): Promise<Value | 'waits'> {
  const told = promise.then((value) => value)
  await vi.advanceTimersByTimeAsync(0)
  return Promise.race([told, Promise.resolve().then((): 'waits' => 'waits')])
}

function served(): { server: NameServer; addresses: () => Promise<readonly string[]> } {
  const server = new NameServer()
  return { server, addresses: resolveHosts(() => ['siem.example.org'], server.ask) }
}

/** One that has answered once, so long ago. */
async function answeredBefore(age: {
  readonly seconds: number
}): Promise<ReturnType<typeof served>> {
  const one = served()
  void one.addresses()
  await one.server.answers('198.51.100.20')
  await seconds(age.seconds)
  return one
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000)

test('whoever asks first waits for the name server, for half a second at most', async () => {
  const { server, addresses } = served()
  const first = addresses()
  expect(await soFar(first)).toBe('waits')
  await seconds(0.5)
  expect(await soFar(first)).toEqual([])
  await server.answers('198.51.100.20')
  expect(await soFar(addresses())).toEqual(['198.51.100.20'])
})

test('addresses known a short while ago are given at once, while the name server is asked anew', async () => {
  const { server, addresses } = await answeredBefore({ seconds: 120 })
  expect(await soFar(addresses())).toEqual(['198.51.100.20'])
  expect(server.asked).toBe(2)
  await server.answers('198.51.100.21')
  expect(await soFar(addresses())).toEqual(['198.51.100.21'])
})

test('addresses that nobody asked for in a long time are asked for first', async () => {
  const { server, addresses } = await answeredBefore({ seconds: 3600 })
  const later = addresses()
  expect(await soFar(later)).toBe('waits')
  await server.answers('198.51.100.21')
  expect(await soFar(later)).toEqual(['198.51.100.21'])
})

test('a name server that lets everybody wait is waited for once, however long it takes to fail', async () => {
  const { server, addresses } = served()
  void addresses()
  await seconds(0.5)
  expect(await soFar(addresses())).toEqual([])
  await seconds(20)
  expect(await soFar(addresses())).toEqual([])
  await server.fails()
  await seconds(6)
  expect(await soFar(addresses())).toEqual([])
  expect(server.asked).toBe(2)
})
