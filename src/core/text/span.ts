/** Spans of time in words, for whoever tells a story. */

/** A span of time as people say it: `0.4 s`, `8 s`, `12 min`, `3.5 h`. */
export function spanOf(durationUs: number): string {
  const seconds = Math.max(0, durationUs) / 1e6
  if (seconds < 0.1) return `${Math.max(1, Math.round(seconds * 1000))} ms`
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return `${Number((seconds / 3600).toFixed(1))} h`
}
