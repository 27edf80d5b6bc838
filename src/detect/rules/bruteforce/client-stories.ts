/** The stories of clients that guess passwords, as the detectors of logins that cannot be read through keep them. */
import type { Emit } from '../../detector.ts'
import { Stories, type Suspect, type Telling } from '../state/stories.ts'
import type { LoginBruteforceConfig } from './config.ts'

const MAX_CLIENTS = 1024

/** Makes a table of stories that are told in the name of `login-bruteforce`; `tell` words one. */
export function clientStories<Client extends Suspect>(
  { forgetAfterSeconds }: Pick<LoginBruteforceConfig, 'forgetAfterSeconds'>,
  emit: Emit,
  tell: (client: Client) => Telling,
): Stories<Client> {
  return new Stories<Client>({
    detector: 'login-bruteforce',
    family: 'bruteforce',
    cap: MAX_CLIENTS,
    forgetAfterUs: forgetAfterSeconds * 1e6,
    emit,
    tell,
  })
}
