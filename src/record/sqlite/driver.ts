/**
 * better-sqlite3, of the version that this Node.js can run.
 *
 * Version 12 is the last one for Node 20. From Node 24.19 on the process is aborted as soon as one of its statements
 * is collected outside of JavaScript (nodejs/node#65195); version 13 stands on Node-API 10, which Node 20 lacks.
 */
import { createRequire } from 'node:module'
import type BetterSqlite3 from 'better-sqlite3'

const NODE_API_NEEDED = 10

/** Under which name it is installed. */
export const SQLITE_PACKAGE =
  Number(process.versions.napi) >= NODE_API_NEEDED ? 'better-sqlite3-node-api' : 'better-sqlite3'

/** Its class; the native part is loaded with the first database. */
export const Database = createRequire(import.meta.url)(SQLITE_PACKAGE) as typeof BetterSqlite3

/** A database that is open. */
export type Connection = BetterSqlite3.Database
export type Statement = BetterSqlite3.Statement<unknown[]>
