/** The fields of every sink that speaks HTTP. */
import { Type } from '../../core/schema/config-field.ts'
import { connectionFields } from '../connections/config.ts'
import { tlsFields } from '../tls/index.ts'

/** No user, password, query or fragment: secrets have fields of their own. */
export const HTTP_URL =
  '^https?://(\\[[0-9A-Fa-f:.]+\\]|[^\\s/?#@:\\[\\]]+)(:\\d{1,5})?(/[^\\s?#]*)?$'

export const httpFields = {
  gzip: Type.Boolean({ default: true, description: 'Compress what is sent.' }),
  ...connectionFields,
  ...tlsFields,
}
