/** A client of server-sent events, as far as tests need one. */
import { onTestFinished } from 'vitest'

export interface Message {
  readonly id: string
  /** Parsed; null for an id alone. */
  readonly data: unknown
}

export interface EventSource {
  /** The next message that has an id; null when the stream ends. */
  next(): Promise<Message | null>
  close(): void
}

/** Opens a stream; throws with the status where there is none. */
export async function eventSource(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventSource> {
  const cut = new AbortController()
  onTestFinished(() => cut.abort())
  const authorization = `Bearer ${token}`
  const response = await fetch(url, { headers: { authorization, ...headers }, signal: cut.signal })
  if (response.status !== 200) throw new Error(`the stream answered ${response.status}`)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let buffered = ''
  return {
    async next() {
      for (;;) {
        const end = buffered.indexOf('\n\n')
        if (end >= 0) {
          const block = buffered.slice(0, end)
          buffered = buffered.slice(end + 2)
          const message = messageOf(block)
          if (message !== null) return message
          continue
        }
        const { done, value } = await reader.read()
        if (done) return null
        buffered += value
      }
    },
    close: () => cut.abort(),
  }
}

function messageOf(block: string): Message | null {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const [name = '', ...rest] = line.split(': ')
      return [name, rest.join(': ')]
    }),
  )
  const id = fields.get('id')
  const data = fields.get('data')
  return id === undefined ? null : { id, data: data === undefined ? null : JSON.parse(data) }
}
