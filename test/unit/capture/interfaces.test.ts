import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { captureInterfaces } from '../../../src/capture/index.ts'
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

  it('that do not exist are refused, with those that do', () => {
    expect(() => captureInterfaces(['lo', 'nosuch0'])).toThrow(PicketError)
    expect(() => captureInterfaces(['nosuch0'])).toThrow('there is no interface "nosuch0"')
  })
})
