/** Tells whoever waits that something has happened; what it was they look up themselves. */

export class Pulse {
  #waiting = new Set<(hasBeaten: boolean) => void>()

  beat(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake(true)
  }

  /** Resolves at the next beat with true, or after `timeoutMs` with false; `signal` ends the waiting. */
  next(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (hasBeaten: boolean): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', giveUp)
        this.#waiting.delete(settle)
        resolve(hasBeaten)
      }
      const giveUp = (): void => settle(false)
      const timer = setTimeout(giveUp, timeoutMs)
      timer.unref()
      signal?.addEventListener('abort', giveUp)
      if (signal?.aborted === true) giveUp()
      else this.#waiting.add(settle)
    })
  }
}
