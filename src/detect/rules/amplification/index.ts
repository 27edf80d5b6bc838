/** detect/rules/amplification: a host is drowned in answers to questions that others asked in its name. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { MisusedReflector } from './misused-reflector.ts'
import { Reflection } from './reflection.ts'
import { TcpReflection } from './tcp-reflection.ts'

/** Makes the detectors of reflected floods that the configuration enables. */
export function createAmplificationDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { reflection, tcpReflection, misusedReflector } = config
  return [
    ...(reflection.enabled ? [new Reflection(reflection, emit)] : []),
    ...(tcpReflection.enabled ? [new TcpReflection(tcpReflection, emit)] : []),
    ...(misusedReflector.enabled ? [new MisusedReflector(misusedReflector, emit)] : []),
  ]
}
