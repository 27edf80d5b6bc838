import { describe, expect, it } from 'vitest'
import type { ProcFacts } from '../../../../src/owner/process/proc-facts.ts'
import {
  identityOf,
  isKernelThread,
  ProcessTable,
} from '../../../../src/owner/process/process-table.ts'

const facts = (pid: number, changes: Partial<ProcFacts> = {}): ProcFacts => ({
  ...{ pid, parentPid: 1, executable: '/usr/bin/bash', command: 'bash', uid: 1000 },
  ...{ startTicks: 5, unit: 'cron.service', container: null, ...changes },
})

/** A table over a /proc in which only these processes are still to be seen. */
function tableOver(...running: ProcFacts[]) {
  const proc = new Map(running.map((process) => [process.pid, process]))
  const table = new ProcessTable((pid) => proc.get(pid) ?? null)
  table.seesChangesOfUser = true
  return { table, proc }
}

const birth = (tid: number, childTid: number, changes = {}) => ({
  ...{ tid, childTid, isThread: false, isMoved: false, command: 'bash', ...changes },
})

describe('ProcessTable', () => {
  it('names a process that was gone before anybody looked, by what the kernel told and its parent', () => {
    const { table } = tableOver(facts(10))
    table.forked(birth(10, 11), 1)
    table.executed(11, '/usr/bin/curl')
    const process = table.seen(11)
    table.ended(11, 'curl')
    table.read(process)
    expect(identityOf(process)).toMatchObject({
      ...{ executable: '/usr/bin/curl', command: 'curl', uid: 1000, unit: 'cron.service' },
    })
    expect(identityOf(process).certainty).toBeLessThan(1)
    expect(table.readTooLate).toBe(1)
  })

  it('prefers /proc while the process runs', () => {
    const { table } = tableOver(facts(10), facts(11, { executable: '/opt/curl', uid: 33 }))
    table.forked(birth(10, 11), 1)
    table.executed(11, './curl')
    const process = table.seen(11)
    table.read(process)
    expect(identityOf(process)).toMatchObject({ executable: '/opt/curl', uid: 33, certainty: 1 })
  })

  it('names no user that a process has left behind, and no folder that it does not know', () => {
    const { table } = tableOver(facts(10, { uid: 0 }))
    table.forked(birth(10, 11), 1)
    table.seen(10)
    table.forked(birth(10, 12), 1)
    table.userChanged(12)
    table.executed(12, './tool')
    const process = table.seen(12)
    table.ended(12, 'tool')
    table.read(process)
    expect(identityOf(process)).toMatchObject({ uid: null, executable: null, command: 'tool' })
  })

  it("takes the user of root's children for unknown where the kernel tells no changes", () => {
    const { table } = tableOver(facts(10, { uid: 0 }))
    table.seesChangesOfUser = false
    table.seen(10)
    table.forked(birth(10, 11), 1)
    table.ended(11, 'bash')
    const process = table.seen(11)
    table.read(process)
    expect(identityOf(process)).toMatchObject({ uid: null, unit: 'cron.service' })
  })

  it('follows a process into another control group', () => {
    const { table } = tableOver(facts(1, { executable: '/sbin/init', unit: null, uid: 0 }))
    table.seen(1)
    table.forked(birth(1, 20), 1)
    table.moved(20, { unit: 'backup.service', container: null })
    table.forked(birth(1, 21, { isMoved: true }), 1)
    const units = [20, 21].map((pid) => identityOf(table.seen(pid)).unit)
    expect(units).toEqual(['backup.service', null])
  })

  it('counts a thread as its process', () => {
    const { table } = tableOver(facts(10))
    const process = table.seen(10)
    table.forked(birth(10, 15, { isThread: true }), 1)
    expect(table.seen(15)).toBe(process)
    table.ended(15, 'worker')
    expect(process.hasEnded).toBe(false)
  })

  it('does not take a number that is used again for the same process', () => {
    const { table, proc } = tableOver(facts(10))
    const before = table.running(10)
    proc.set(10, facts(10, { startTicks: 99, executable: '/bin/other' }))
    const after = table.running(10)
    expect(after).not.toBe(before)
    expect(identityOf(before!).executable).toBe('/usr/bin/bash')
    table.forked(birth(1, 10), 5)
    expect(table.seen(10)).not.toBe(after)
  })

  it('stays bounded under a storm of short processes', () => {
    const { table } = tableOver()
    for (let pid = 100; pid < 60_000; pid += 1) {
      table.forked(birth(1, pid), pid)
      table.ended(pid, 'x')
    }
    expect(table.size).toBeLessThanOrEqual(16_384)
  })

  it("knows the kernel's own threads", () => {
    const { table } = tableOver(facts(50, { parentPid: 2, executable: null, command: 'napi/eth0' }))
    expect(isKernelThread(table.seen(50))).toBe(true)
    expect(isKernelThread(tableOver(facts(10)).table.seen(10))).toBe(false)
  })
})
