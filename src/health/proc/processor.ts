/** The processors' time: /proc/stat. */

/** Units: ticks of 1/100 s (USER_HZ), summed over all processors since boot. */
export interface ProcessorTime {
  readonly totalTicks: number
  readonly busyTicks: number
  readonly processors: number
}

/** Source: proc_stat(5). `guest` and `guest_nice` are left out, since `user` and `nice` hold them already. */
export function processorTime(stat: string): ProcessorTime {
  const [all = '', ...lines] = stat.split('\n')
  const ticks = all.trim().split(/\s+/).slice(1, 9).map(Number)
  const totalTicks = ticks.reduce((sum, value) => sum + value, 0)
  const [, , , idle = 0, ioWait = 0] = ticks
  const processors = lines.filter((line) => /^cpu\d/.test(line)).length
  return {
    totalTicks,
    busyTicks: totalTicks - idle - ioWait,
    processors: Math.max(1, processors),
  }
}
