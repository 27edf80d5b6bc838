/** detect/rules/bruteforce: passwords are guessed. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { CommunityGuessing } from './community-guessing.ts'
import { CutLogins } from './connections/cut-logins.ts'
import { RdpBruteforce } from './connections/rdp-bruteforce.ts'
import { SshBruteforce } from './connections/ssh-bruteforce.ts'
import { UnheardSmb } from './connections/unheard-smb.ts'
import { FormBruteforce } from './pages/form-bruteforce.ts'
import { LoginBruteforce } from './login-bruteforce.ts'
import { UnheardGuessing } from './unheard/unheard-guessing.ts'
import { UnheardRefusals } from './unheard/unheard-refusals.ts'

/** Makes the detectors of password guessing that the configuration enables. */
export function createBruteforceDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { sshBruteforce, rdpBruteforce, loginBruteforce, formBruteforce } = config
  return [
    ...(sshBruteforce.enabled ? [new SshBruteforce(sshBruteforce, emit)] : []),
    ...(rdpBruteforce.enabled ? [new RdpBruteforce(rdpBruteforce, emit)] : []),
    ...(loginBruteforce.enabled
      ? [
          new LoginBruteforce(loginBruteforce, emit),
          new UnheardGuessing(loginBruteforce, emit),
          new UnheardRefusals(loginBruteforce, emit),
          new UnheardSmb(loginBruteforce, emit),
          new CutLogins(loginBruteforce, emit),
          new CommunityGuessing(loginBruteforce, emit),
        ]
      : []),
    ...(formBruteforce.enabled ? [new FormBruteforce(formBruteforce, emit)] : []),
  ]
}
