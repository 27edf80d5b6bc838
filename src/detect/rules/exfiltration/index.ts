/** detect/rules/exfiltration: data leaves the site. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { UploadVolume } from './upload.ts'

/** Makes the exfiltration detectors that the configuration enables. */
export function createExfiltrationDetectors({ upload }: DetectConfig, emit: Emit): Detector[] {
  return upload.enabled ? [new UploadVolume(upload, emit)] : []
}
