/** A few rounds of the fuzz (test/fuzz.mjs) on what the repository holds, and proof that it finds faults. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { packagedFile } from '../src/core/files/package-root.ts'
import { Decoder } from '../src/decode/index.ts'
import { roundRandom } from './fuzz/layer.ts'
import { filesLayer } from './fuzz/layers/files.ts'
import { framesLayer, type Decodes } from './fuzz/layers/frames.ts'
import { sensorLayer } from './fuzz/layers/sensor.ts'
import { readSeeds } from './fuzz/seeds.ts'

const SEED = 20_261_125
const seeds = readSeeds(packagedFile('test/data'))

describe('whatever is damaged, nothing throws, reads outside or grows', () => {
  it.each([
    [filesLayer(seeds), 400],
    [framesLayer(seeds), 40],
    [sensorLayer(seeds), 12],
  ])('$name', { timeout: 60_000 }, async (layer, rounds) => {
    let frames = 0
    for (let round = 0; round < rounds; round += 1) {
      frames += await layer.round(roundRandom(SEED, layer.name, round))
    }
    expect(frames).toBeGreaterThan(rounds)
  })
})

describe('the fuzz', () => {
  const broken = (spoil: Decodes['decode']) => (): Decodes => {
    const decoder = new Decoder()
    return {
      decode(frame, packet) {
        decoder.decode(frame, packet)
        spoil(frame, packet)
      },
    }
  }

  it.each<[string, Decodes['decode'], RegExp]>([
    [
      'reads one byte behind the frame',
      (frame, packet) => (packet.ttl = frame.buffer[frame.offset + frame.capturedLength] ?? 0),
      /read outside/,
    ],
    [
      'leaves a payload outside of the frame',
      (frame, packet) => (packet.payloadCaptured = frame.capturedLength + 1),
      /payload \d+ \+ \d+ outside/,
    ],
    ['makes a number of nothing', (_, packet) => (packet.vlan = Number.NaN), /vlan is NaN/],
  ])('finds a decoder that %s', (_, spoil, words) => {
    const layer = framesLayer(seeds, broken(spoil))
    expect(() => layer.round(roundRandom(SEED, 'frames', 1))).toThrow(words)
  })

  it('plays the same round for the same seed', () => {
    const draw = (): number[] => {
      const random = roundRandom(SEED, 'frames', 7)
      return Array.from({ length: 20 }, () => random(1000))
    }
    expect(draw()).toEqual(draw())
  })

  it('runs from the command line and prints its figures', { timeout: 120_000 }, async () => {
    const captures = packagedFile('test/data')
    const argv = [packagedFile('test/fuzz.mjs'), '--captures', captures, '--seconds', '1']
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, [...argv, '--seed', '5'])
    expect(stdout).toMatch(/^seed 5, 2 captures/)
    for (const name of ['files', 'frames', 'sensor']) {
      expect(stdout).toMatch(new RegExp(`${name}: \\d+ rounds, \\d+ frames, .* 0 failures`))
    }
  })
})
