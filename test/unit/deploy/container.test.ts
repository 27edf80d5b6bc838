/** The Containerfile and the quadlet: every instruction is known, and they give what the unit gives. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../../../src/core/files/package-root.ts'

const read = (path: string): string => readFileSync(packagedFile(path), 'utf8')

/** The instructions of a Containerfile, continued lines joined, comments left out. */
function instructions(text: string): { readonly name: string; readonly words: string }[] {
  const joined = text.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ')
  return joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', words = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? []
      expect(name, line).not.toBe('')
      return { name, words }
    })
}

/** A unit's settings; those that are said more than once, as a list. */
function settings(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [, name = '', value = ''] of text.matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    found.set(name, [...(found.get(name) ?? []), value])
  }
  return found
}

// Source: Containerfile(5).
const KNOWN = 'ARG FROM COPY RUN VOLUME ENTRYPOINT CMD STOPSIGNAL'.split(' ')

describe('the Containerfile', () => {
  const all = instructions(read('deploy/container/Containerfile'))
  const of = (wanted: string) => all.filter(({ name }) => name === wanted).map(({ words }) => words)

  it('has instructions that are known, from the base on', () => {
    expect(all.map(({ name }) => name).filter((name) => !KNOWN.includes(name))).toEqual([])
    expect(all.findIndex(({ name }) => name === 'FROM')).toBe(1)
  })

  it('starts the agent as the unit does, without a shell in between', () => {
    const entry = JSON.parse(of('ENTRYPOINT')[0]!) as string[]
    const command = JSON.parse(of('CMD')[0]!) as string[]
    const unit = settings(read('deploy/systemd/picket.service')).get('ExecStart')![0]!
    const inPackage = unit.replace('/usr/bin/env node /opt/picket/dist/main.js', '/usr/bin/picket')
    expect([...entry, ...command].join(' ')).toBe(inPackage)
  })
})

describe('the quadlet', () => {
  const unit = settings(read('deploy/systemd/picket.service'))
  const quadlet = settings(read('deploy/container/picket.container'))

  it("is on the host's network with the unit's two capabilities and no more", () => {
    expect(quadlet.get('Network')).toEqual(['host'])
    expect(quadlet.get('DropCapability')).toEqual(['all'])
    expect(quadlet.get('AddCapability')).toEqual(unit.get('CapabilityBoundingSet'))
    expect(quadlet.get('NoNewPrivileges')).toEqual(['true'])
  })

  it('is bounded and watched as the unit is', () => {
    for (const name of ['WatchdogSec', 'Restart', 'RestartSec', 'MemoryHigh', 'MemoryMax']) {
      expect(quadlet.get(name), name).toEqual(unit.get(name))
    }
    expect(quadlet.get('CPUQuota')).toEqual(unit.get('CPUQuota'))
  })
})
