/** A promise that is settled within a time, whatever happens. */

/** Rejects with `complaint` and the time when neither was called in time; later answers change nothing. */
export function within(
  timeoutMs: number,
  complaint: string,
  begin: (resolve: () => void, reject: (cause: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${complaint} within ${timeoutMs} ms`)),
      timeoutMs,
    )
    begin(
      () => {
        clearTimeout(timer)
        resolve()
      },
      (cause) => {
        clearTimeout(timer)
        reject(cause)
      },
    )
  })
}
