/** The time limits of a sink's connection. */
import { Type } from '../../core/schema/config-field.ts'

export const connectionFields = {
  connectTimeoutMs: Type.Integer({
    default: 5000,
    minimum: 100,
    maximum: 60_000,
    description: 'A connection that does not stand after so long, TLS included, is given up.',
  }),
  writeTimeoutMs: Type.Integer({
    default: 15_000,
    minimum: 100,
    maximum: 300_000,
    description: 'A collector that takes or answers nothing for so long is treated as gone.',
  }),
  idleTimeoutMs: Type.Integer({
    default: 300_000,
    minimum: 60_000,
    maximum: 86_400_000,
    description:
      'A connection over which nothing was sent for so long is closed, before a firewall on the way forgets it.',
  }),
}

export interface ConnectionLimits {
  readonly connectTimeoutMs: number
  readonly writeTimeoutMs: number
  readonly idleTimeoutMs: number
}

/** The host of a URL, an IPv6 address without its brackets. */
export const hostOf = (url: string): string =>
  /:\/\/(\[[^\]]+\]|[^/:]+)/.exec(url)![1]!.replace(/^\[|\]$/g, '')
