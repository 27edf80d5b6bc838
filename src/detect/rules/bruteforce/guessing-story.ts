/** How the story of one client's refused logins is told. */
import type { Detection, Reason } from '../../detection.ts'
import { confidenceOf, counted, listed, spanOf } from '../state/wording.ts'
import type { LoginBruteforceConfig } from './config.ts'
import { ENOUGH_OF_FACTORIES } from './factory-passwords.ts'
import type { Guesser } from './guesser.ts'
import { nameOfService } from './login-parties.ts'

/** More tries a user than this are no longer spraying, which keeps below the locks on accounts. */
const MOST_SPRAYED_TRIES = 4

/** Tells the story as it stands. */
export function tellGuessing(
  guesser: Guesser,
  config: LoginBruteforceConfig,
  isFinal: boolean,
): Detection {
  return guesser.verdict === 'stale'
    ? tellStale(guesser, isFinal)
    : tellAttack(guesser, config, isFinal)
}

function tellAttack(guesser: Guesser, config: LoginBruteforceConfig, isFinal: boolean): Detection {
  const { refusals, story, service } = guesser
  const { count, users, guesses } = refusals
  const isSpray = users >= config.minSprayedUsers && count / users <= MOST_SPRAYED_TRIES
  const hasSucceeded = guesser.conquests > 0
  // Where no password was readable, a broken program cannot be told from a guesser as surely.
  const isSure = guesses >= config.minGuesses
  return {
    ...frameOf(guesser, isFinal),
    kind: isSpray ? 'bruteforce.spray' : `bruteforce.${service}`,
    family: 'bruteforce',
    severity: hasSucceeded ? 9 : isSure ? 6 : 5,
    confidence: confidenceOf(isSure ? 0.85 : 0.7, count - config.minGuesses, 20),
    attacker: guesser.client,
    host: null,
    summary: summaryOf(guesser, isSpray),
    reasons: [
      { feature: 'failedLogins', value: count, baseline: null, weight: 0.3 },
      { feature: 'differentGuesses', value: guesses, baseline: config.minGuesses, weight: 0.4 },
      { feature: 'distinctUsers', value: users, baseline: isSpray ? config.minSprayedUsers : null, weight: 0.1 },
      ...factoryReason(guesser),
      { feature: 'quickFailuresInARow', value: guesser.longestRun, baseline: null, weight: 0.1 },
      { feature: 'loginsSince', value: guesser.conquests, baseline: 0, weight: 0.1 },
    ],
    mitre: [isSpray ? 'T1110.003' : 'T1110.001', ...(hasSucceeded ? ['T1078'] : [])],
    flows: [...story!.flows],
    port: story!.port,
  } // prettier-ignore
}

function factoryReason({ ofFactories }: Guesser): Reason[] {
  if (ofFactories < ENOUGH_OF_FACTORIES) return []
  return [{ feature: 'factoryPasswords', value: ofFactories, baseline: 0, weight: 0.4 }]
}

/** The same few guesses for hours are a program that was not told of a new password. */
function tellStale(guesser: Guesser, isFinal: boolean): Detection {
  const { refusals, client, service } = guesser
  const { count, guesses } = refusals
  const who = listed(refusals.names(3), refusals.users)
  const span = spanOf(guesser.lastUs - guesser.firstUs)
  const reasons: Reason[] = [
    { feature: 'failedLogins', value: count, baseline: null, weight: 0.5 },
    { feature: 'differentGuesses', value: guesses, baseline: null, weight: 0.5 },
  ]
  return {
    ...frameOf(guesser, isFinal),
    kind: 'policy.stale-password',
    family: 'policy',
    severity: 3,
    confidence: 0.7,
    attacker: null,
    host: client,
    summary: `${client} was refused ${counted(count, 'login')} by ${nameOfService(service)}${who === '' ? '' : ` as ${who}`} in ${span} without trying much else: rather a program with an old password than a guesser`,
    reasons,
    mitre: ['T1110'],
    flows: [...guesser.story!.flows],
    port: guesser.story!.port,
  }
}

function frameOf(guesser: Guesser, isFinal: boolean) {
  const story = guesser.story!
  return {
    id: story.id,
    detector: 'login-bruteforce' as const,
    victims: [...story.victims],
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: guesser.lastUs,
    count: guesser.refusals.count,
    isFinal,
  }
}

function summaryOf(guesser: Guesser, isSpray: boolean): string {
  const { refusals, client, service, story } = guesser
  const name = nameOfService(service)
  const victims = [...story!.victims]
  const where = listed(victims, Math.max(guesser.servers, victims.length))
  const span = spanOf(guesser.lastUs - guesser.firstUs)
  const users = refusals.users
  const named = refusals.names(3)
  const who = named.length === 0 ? '' : ` for ${counted(users, 'user')} (${listed(named, users)})`
  const end =
    guesser.conquests > 0
      ? `; then ${counted(guesser.conquests, 'login')} succeeded${guesser.conqueredUser === null ? '' : ` as ${guesser.conqueredUser}`}`
      : ''
  const what = isSpray ? 'sprays' : 'guesses'
  const ofBots =
    guesser.ofFactories < ENOUGH_OF_FACTORIES
      ? ''
      : `, ${guesser.ofFactories} of them by passwords from factories that bots try`
  return `${client} ${what} ${name} passwords on ${where}: ${counted(refusals.count, 'failed login')}${who}${ofBots} in ${span}${end}`
}
