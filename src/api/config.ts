/** What the API may be told. */
import { Type, type Static } from '../core/config-field.ts'

export const apiConfig = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description: 'Serve the API on TCP; the unix socket is always there.',
    }),
    host: Type.String({
      default: '127.0.0.1',
      format: 'address',
      maxLength: 45,
      description:
        'The loopback address to listen on; other addresses are refused, since this API speaks no TLS yet.',
    }),
    port: Type.Integer({
      default: 8460,
      minimum: 0,
      maximum: 65535,
      description: 'The port; 0 takes a free one.',
    }),
    maxBodyBytes: Type.Integer({
      default: 65536,
      minimum: 1024,
      maximum: 10485760,
      description: 'The largest request body.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'The REST API.' },
)

export type ApiConfig = Static<typeof apiConfig>
