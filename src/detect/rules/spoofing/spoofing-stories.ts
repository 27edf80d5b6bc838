/** The stories of a detector of this folder: what all of them set up alike. */
import { Stories, type StoriesOptions, type Suspect } from '../state/stories.ts'
import type { DetectorName } from '../../told-names.ts'

/** Begins a detector's stories; each ends after the configured time without a sign of life. */
export function spoofingStories<Kind extends Suspect>(
  detector: DetectorName,
  { forgetAfterSeconds }: { readonly forgetAfterSeconds: number },
  rest: Pick<StoriesOptions<Kind>, 'cap' | 'emit' | 'tell'>,
): Stories<Kind> {
  return new Stories({
    ...{ detector, family: 'spoofing', forgetAfterUs: forgetAfterSeconds * 1e6 },
    ...rest,
  })
}
