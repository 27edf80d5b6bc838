import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { captureInterfaces } from '../../../src/capture/index.ts'
import { existingInterfaces } from '../../../src/capture/interfaces.ts'
import { PicketError } from '../../../src/core/errors.ts'

describe('the interfaces to capture on', () => {
  it('are none when none is configured', () => {
    expect(captureInterfaces([])).toEqual([])
  })

  it('may be named, loopback too, each once', () => {
    expect(captureInterfaces(['lo', 'any', 'lo'])).toEqual(['lo', 'any'])
  })

  it('are, for auto, those that are up without loopback', () => {
    const found = captureInterfaces(['auto'])
    expect(found).not.toContain('lo')
    for (const name of existingInterfaces()) {
      const flags = Number(readFileSync(`/sys/class/net/${name}/flags`, 'utf8'))
      expect(found.includes(name)).toBe((flags & 1) === 1 && name !== 'lo')
    }
  })

  it('that do not exist are refused, with those that do', () => {
    expect(() => captureInterfaces(['lo', 'nosuch0'])).toThrow(PicketError)
    expect(() => captureInterfaces(['nosuch0'])).toThrow('there is no interface "nosuch0"')
  })
})
