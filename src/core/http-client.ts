/**
 * undici's home: HTTP over unix sockets and through proxies, which the engine's own `fetch` does not speak.
 *
 * The package is loaded when it is first used: most runs speak no HTTP.
 */
import type { Dispatcher, Request as UndiciRequest, RequestInit as UndiciInit } from 'undici'

export interface HttpClient {
  /** Goes with this client's `fetch`, and with no other. */
  readonly Request: typeof Request
  readonly fetch: typeof fetch
  close(): Promise<void>
}

/** Speaks to whoever listens on the socket, whatever host a URL names. */
export async function socketClient(socketPath: string): Promise<HttpClient> {
  const { Agent } = await import('undici')
  return clientOf(new Agent({ connect: { socketPath } }))
}

/** Speaks through an HTTP proxy, to https by CONNECT; a name and password in its URL are given to it. */
export async function proxyClient(proxy: string): Promise<HttpClient> {
  const { ProxyAgent } = await import('undici')
  // Many proxies refuse to tunnel to port 80.
  return clientOf(new ProxyAgent({ uri: proxy, proxyTunnel: false }))
}

async function clientOf(dispatcher: Dispatcher): Promise<HttpClient> {
  const undici = await import('undici')
  return {
    Request: undici.Request as unknown as typeof Request,
    fetch: ((input: string | UndiciRequest, init?: UndiciInit) =>
      undici.fetch(input, { ...init, dispatcher })) as unknown as typeof fetch,
    close: () => dispatcher.close(),
  }
}
