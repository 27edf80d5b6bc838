/** The host's memory: /proc/meminfo. */

export interface Memory {
  readonly totalBytes: number
  /** What programs can still get without swapping; caches count as free. */
  readonly availableBytes: number
}

export function memoryOf(meminfo: string): Memory {
  return {
    totalBytes: bytesOf(meminfo, 'MemTotal'),
    availableBytes: bytesOf(meminfo, 'MemAvailable'),
  }
}

/** Reads `Name:   123 kB`; 0 when there is no such line. */
export function bytesOf(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)
  return found ? Number(found[1]) * 1024 : 0
}
