/** In the sensor process: the crafted attack sent through stages of its own, beside those that watch the link. */
import type { Frame } from '../capture/source.ts'
import type { DetectConfig } from '../detect/config.ts'
import type { Detection } from '../detect/index.ts'
import { ATTACKER, scanFrames, scannedPorts } from './attack.ts'

/** The stages from decode to detect, made for the attack and thrown away after it. */
export interface Stages {
  frame(frame: Frame): void
  end(): void
}

/**
 * Gives what the stages say of the attack, as it stood in the end, marked with the self-test's id; null when
 * they say nothing.
 *
 * The stages that watch the link are not used: a host's windows, models and flows must not learn from a
 * scan that never was.
 * Cost: some 10 ms of the sensor's time.
 */
export function provokeDetection(
  selfTest: string,
  detect: Pick<DetectConfig, 'portScan'>,
  makeStages: (onDetection: (detection: Detection) => void) => Stages,
  nowUs: number,
): Detection | null {
  let last: Detection | null = null
  const stages = makeStages((detection) => {
    if (detection.attacker === ATTACKER && detection.family === 'scan') last = detection
  })
  for (const frame of scanFrames(scannedPorts(detect.portScan), nowUs)) stages.frame(frame)
  stages.end()
  if (last === null) return null
  const { summary, ...seen } = last as Detection
  // Whoever filters by nothing reads it at least.
  return { ...seen, summary: `Self-test, nobody attacked: ${summary}`, selfTest, isFinal: true }
}
