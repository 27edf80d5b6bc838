/** detect/rules/bruteforce: passwords are guessed. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { FtpBruteforce } from './ftp-bruteforce.ts'
import { SshBruteforce } from './ssh-bruteforce.ts'

/** Makes the detectors of password guessing that the configuration enables. */
export function createBruteforceDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { sshBruteforce, ftpBruteforce } = config
  return [
    ...(sshBruteforce.enabled ? [new SshBruteforce(sshBruteforce, emit)] : []),
    ...(ftpBruteforce.enabled ? [new FtpBruteforce(ftpBruteforce, emit)] : []),
  ]
}
