import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { captureInterfaces } from '../../../src/capture/index.ts'
import { linkOf } from '../../../src/capture/interfaces.ts'
import { PicketError } from '../../../src/core/errors.ts'

describe('the interfaces to capture on', () => {
  it('are none when none is configured', () => {
    expect(captureInterfaces([])).toEqual([])
  })

  it('may be named, loopback too, each once', () => {
    expect(captureInterfaces(['lo', 'any', 'lo'])).toEqual(['lo', 'any'])
  })

  it('are, for auto, up and not loopback', () => {
    const found = captureInterfaces(['auto'])
    expect(found).not.toContain('lo')
    for (const name of found) {
      const flags = Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8'))
      expect(flags & 1, name).toBe(1)
    }
  })

  it('are looked at while others come and go: one that is gone half-way is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'picket-link-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    expect(linkOf('veth1', {}, folder)).toMatchObject({ name: 'veth1', master: null })
    // Listed, and gone when it is read.
    symlinkSync(join(folder, 'gone'), join(folder, 'uevent'))
    expect(linkOf('veth1', {}, folder)).toBe(null)
  })

  it('have the addresses that were asked for once for all, not again for each', () => {
    const folder = mkdtempSync(join(tmpdir(), 'picket-link-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const global = { address: '198.51.100.7', netmask: '255.255.255.0', mac: '00:00:00:00:00:00' }
    const addresses = {
      picket9: [{ ...global, family: 'IPv4' as const, internal: false, cidr: '198.51.100.7/24' }],
    }
    // A name that this host has not got, so that only what was asked for before can tell of it.
    const link = linkOf('picket9', addresses, folder)
    expect(link).toMatchObject({ isUp: true, isLoopback: false, hasAddress: true })
    expect(linkOf('lo', {}, folder)).toMatchObject({ hasAddress: false })
  })

  it('that do not exist are refused, with those that do', () => {
    expect(() => captureInterfaces(['lo', 'nosuch0'])).toThrow(PicketError)
    expect(() => captureInterfaces(['nosuch0'])).toThrow('there is no interface "nosuch0"')
  })
})
