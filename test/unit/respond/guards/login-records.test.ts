import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLoginRecords } from '../../../../src/respond/guards/login-records.ts'

const USER_PROCESS = 7
const DEAD_PROCESS = 8
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'picket-logins-'))
  mkdirSync(join(root, 'run/systemd/sessions'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

function session(name: string, lines: readonly string[]): void {
  writeFileSync(join(root, 'run/systemd/sessions', name), `${lines.join('\n')}\n`)
}

/** A record of utmp(5) as x86-64 and arm64 lay it out. */
function utmpRecord(type: number, pid: number, address: readonly number[]): Buffer {
  const record = Buffer.alloc(384)
  record.writeInt16LE(type, 0)
  record.writeInt32LE(pid, 4)
  record.write('pts/0', 8)
  for (const [index, word] of address.entries()) record.writeUInt32BE(word, 348 + index * 4)
  return record
}

test('nobody is logged in where the host keeps no records', async () => {
  rmSync(join(root, 'run'), { recursive: true })
  expect(await readLoginRecords(root)).toEqual([])
})

test("logind's remote sessions count, with or without a terminal, until they close", async () => {
  session('1', ['UID=0', 'STATE=active', 'REMOTE=1', 'REMOTE_HOST=192.0.2.10', 'TTY=pts/0'])
  session('2', ['UID=1000', 'STATE=online', 'REMOTE=1', 'REMOTE_HOST=2001:DB8::7'])
  session('3', ['UID=1000', 'STATE=closing', 'REMOTE=1', 'REMOTE_HOST=192.0.2.11'])
  session('4', ['UID=1000', 'STATE=active', 'REMOTE=0'])
  session('5', ['UID=1000', 'STATE=active', 'REMOTE=1', 'REMOTE_HOST=laptop.example.org'])
  expect(await readLoginRecords(root)).toEqual(['192.0.2.10', '2001:db8::7'])
})

test('logins in utmp count while their process lives', async () => {
  const ipv6 = [0x20010db8, 0, 0, 9]
  const records = [
    utmpRecord(USER_PROCESS, process.pid, [0xc0000214]),
    utmpRecord(USER_PROCESS, process.pid, ipv6),
    utmpRecord(USER_PROCESS, 0x3fffffff, [0xc0000215]),
    utmpRecord(DEAD_PROCESS, process.pid, [0xc0000216]),
    utmpRecord(USER_PROCESS, process.pid, [0, 0, 0, 0]),
    Buffer.alloc(100, 7),
  ]
  writeFileSync(join(root, 'run/utmp'), Buffer.concat(records))
  expect(await readLoginRecords(root)).toEqual(['192.0.2.20', '2001:db8::9'])
})
