/** Plays rounds of every layer in turn until time is up, and prints what came of it. */
import { roundRandom, type Layer } from './layer.ts'
import { filesLayer } from './layers/files.ts'
import { framesLayer } from './layers/frames.ts'
import { sensorLayer } from './layers/sensor.ts'
import { readSeeds } from './seeds.ts'

interface Wish {
  readonly captures: string
  readonly seconds: string
  readonly seed: string
  readonly layer?: string
  readonly round?: string
}

const SLICE_MS = 500
/** The same fault over and over tells nothing new. */
const MOST_FAILURES = 5

class Tally {
  readonly layer: Layer
  rounds = 0
  frames = 0
  failures = 0
  elapsedMs = 0

  constructor(layer: Layer) {
    this.layer = layer
  }

  get goesOn(): boolean {
    return this.failures < MOST_FAILURES
  }

  /** Plays one round; what it throws is printed with the way to see it again. */
  async play(wish: Wish, round: number): Promise<void> {
    const { name } = this.layer
    process.send?.(`layer ${name}, round ${round}`)
    const startedAt = performance.now()
    try {
      this.frames += await this.layer.round(roundRandom(Number(wish.seed), name, round))
    } catch (error) {
      this.failures += 1
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      const again = `--captures ${wish.captures} --seed ${wish.seed} --layer ${name} --round ${round}`
      print(`FAILED ${name} round ${round}: ${text}\n  again: node test/fuzz.mjs ${again}`)
    }
    this.rounds += 1
    this.elapsedMs += performance.now() - startedAt
  }

  /** Plays rounds for a moment. */
  async playSlice(wish: Wish): Promise<void> {
    const untilMs = performance.now() + SLICE_MS
    while (performance.now() < untilMs && this.goesOn) {
      await this.play(wish, this.rounds)
    }
  }

  async tell(): Promise<string> {
    const { name } = this.layer
    const rate = Math.round(this.frames / Math.max(0.001, this.elapsedMs / 1000))
    const figures = await this.layer.figures?.()
    return `${name}: ${this.rounds} rounds, ${this.frames} frames, ${rate} frames/s, ${this.failures} failures${figures === undefined ? '' : `; ${figures}`}`
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const wish = JSON.parse(process.argv[2] ?? '{}') as Wish
const seeds = readSeeds(wish.captures)
print(`seed ${wish.seed}, ${seeds.length} captures of ${wish.captures} and the tests`)
const layers = [filesLayer(seeds), framesLayer(seeds), sensorLayer(seeds)]
const tallies = layers
  .filter(({ name }) => wish.layer === undefined || wish.layer === name)
  .map((layer) => new Tally(layer))
if (wish.round !== undefined) {
  for (const tally of tallies) await tally.play(wish, Number(wish.round))
} else {
  const untilMs = performance.now() + Number(wish.seconds) * 1000
  while (performance.now() < untilMs && tallies.some((tally) => tally.goesOn)) {
    for (const tally of tallies) await tally.playSlice(wish)
  }
}
for (const tally of tallies) print(await tally.tell())
process.exit(tallies.some(({ failures }) => failures > 0) ? 1 : 0)
