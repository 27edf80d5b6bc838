import { expect, test } from 'vitest'
import { streamHandler, type StreamParts } from '../../../src/api/handlers/event-stream.ts'
import { Turns } from '../../../src/api/limits/turns.ts'
import { Pulse } from '../../../src/core/process/pulse.ts'

test('a stream that the log fails under gives its turn back', async () => {
  const parts: StreamParts = {
    events: { lastSequence: () => 7 } as StreamParts['events'],
    outbox: {
      after: () => {
        throw new Error('the log cannot be read')
      },
    } as unknown as StreamParts['outbox'],
    recorded: new Pulse(),
    turns: new Turns(1, 'streams'),
    authenticator: { isStillGood: () => true },
  }
  const open = streamHandler(parts)
  const request = { query: {}, headers: new Headers(), caller: {} } as Parameters<typeof open>[0]
  for (let again = 0; again < 2; again += 1) {
    const { body } = (await open(request)) as { body: ReadableStream<Uint8Array> }
    const reader = body.getReader()
    await expect(reader.read()).resolves.toMatchObject({ done: false })
    await expect(reader.read()).rejects.toThrow('the log cannot be read')
  }
})
