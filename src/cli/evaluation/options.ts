/** What an evaluation may be told. */
export interface EvaluateOptions {
  readonly truth: string
  readonly captures: string
  readonly out?: string
  readonly mix: number
  readonly folds: number
  /** Each capture is a fold of its own. */
  readonly leaveOneOut?: boolean
  readonly trees: number
  readonly seed: number
  readonly threads?: number
  /** False with `--no-models`. */
  readonly models: boolean
}
