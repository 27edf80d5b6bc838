/** What a detector claims of a host that is attacked, made a detection. */
import type { Detection } from '../../../detection.ts'
import type { Story } from '../story.ts'

/** The parts of a detection that are not the story's own. */
export type Claim = Pick<
  Detection,
  | 'detector'
  | 'kind'
  | 'family'
  | 'severity'
  | 'confidence'
  | 'attacker'
  | 'count'
  | 'summary'
  | 'reasons'
  | 'mitre'
>

/** Joins a claim with the story it is about. */
export function claimOf(story: Story, claim: Claim, isFinal: boolean): Detection {
  return {
    id: story.id,
    ...claim,
    victims: [...story.victims],
    host: null,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: story.lastUs,
    flows: [...story.flows],
    port: story.port,
    isFinal,
  }
}
