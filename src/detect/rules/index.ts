/** detect/rules: detectors of behaviour, each told by what it does and not by whose address it bears. */
import type { DetectConfig } from '../config.ts'
import type { Detector, Emit } from '../detector.ts'
import { FtpBruteforce } from './bruteforce/ftp-bruteforce.ts'
import { SshBruteforce } from './bruteforce/ssh-bruteforce.ts'
import { FragmentEvasion } from './evasion/fragment-evasion.ts'
import { SynFlood } from './flood/syn-flood.ts'
import { Fingerprint } from './scan/fingerprint.ts'
import { PortScan } from './scan/port-scan.ts'
import { ArpSweep } from './sweep/arp-sweep.ts'
import { Sweep } from './sweep/sweep.ts'

/** Makes every detector of behaviour that the configuration enables. */
export function createRuleDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const detectors: Detector[] = []
  if (config.portScan.enabled) {
    detectors.push(new PortScan(config.portScan, emit), new Fingerprint(emit))
  }
  if (config.sweep.enabled) {
    detectors.push(new Sweep(config.sweep, emit), new ArpSweep(config.sweep, emit))
  }
  if (config.synFlood.enabled) detectors.push(new SynFlood(config.synFlood, emit))
  if (config.fragments.enabled) detectors.push(new FragmentEvasion(config.fragments, emit))
  if (config.sshBruteforce.enabled) {
    detectors.push(new SshBruteforce(config.sshBruteforce, emit))
  }
  if (config.ftpBruteforce.enabled) {
    detectors.push(new FtpBruteforce(config.ftpBruteforce, emit))
  }
  return detectors
}
