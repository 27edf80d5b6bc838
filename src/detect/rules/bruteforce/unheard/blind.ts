/** What takes the place of guesses that cannot be told apart, since what was offered is not captured or is encrypted. */

/** A browser that is refused asks its user, a program with an old password comes every so often: both take longer. */
export const QUICK_US = 5_000_000

/** So many times the guesses that are enough where they can be told apart. */
export const BLIND_FACTOR = 1.5
