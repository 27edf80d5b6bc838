/** What the figures were measured on. */
import { cpus, loadavg, release, totalmem } from 'node:os'

/** Gives words for the machine, and the load of the last minute. */
export function machine() {
  const { model } = cpus()[0] ?? { model: 'unknown processor' }
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const words = `${model.trim()}, ${cpus().length} cores, ${gigabytes} GiB; Linux ${release()}; Node ${process.version}`
  return { words, load: loadavg()[0].toFixed(1) }
}
