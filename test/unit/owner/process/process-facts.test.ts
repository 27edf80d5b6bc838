import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { commandOf, readProcFacts, startTicksOf } from '../../../../src/owner/process/proc-facts.ts'
import { namesByUid } from '../../../../src/owner/process/user-names.ts'

describe('readProcFacts', () => {
  it('tells of this very process', () => {
    const facts = readProcFacts(process.pid)
    expect(facts).toMatchObject({ pid: process.pid, parentPid: process.ppid })
    expect(facts).toMatchObject({ executable: process.execPath, uid: process.geteuid?.() })
    expect(facts!.startTicks).toBeGreaterThan(0)
  })

  it('knows nothing of a process that is gone', async () => {
    const child = spawn('/bin/true')
    await once(child, 'exit')
    expect(readProcFacts(child.pid!)).toBeNull()
  })

  it('is not misled by names with brackets, spaces and line breaks', () => {
    const stat = `7 (a) R 1 (x\n b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ${'9999 '.repeat(30)}`
    expect(commandOf(stat)).toBe('a) R 1 (x\n b')
    expect(startTicksOf(stat)).toBe(9999)
  })
})

describe('namesByUid', () => {
  it('reads users, the first of two with one number, and skips what is none', () => {
    const passwd = 'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:\n+::::::\nbad\n:x:5::\nwww:x:33:33::/:\n'
    expect([...namesByUid(passwd)]).toEqual([
      [0, 'root'],
      [33, 'www'],
    ])
    expect([...namesByUid('a\u001b[2J:x:1:1::/:\n\0:x:2:\nx:x:99999999999:\n')]).toEqual([])
  })
})
