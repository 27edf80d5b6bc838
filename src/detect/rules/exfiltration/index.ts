/** detect/rules/exfiltration: data leaves the site. */
import type { DetectConfig } from '../../config.ts'
import type { Detector, Emit } from '../../detector.ts'
import { QueryUpload } from './query-upload.ts'
import { Stealers } from './stealers.ts'
import { UploadVolume } from './upload.ts'

/** Makes the exfiltration detectors that the configuration enables. */
export function createExfiltrationDetectors(config: DetectConfig, emit: Emit): Detector[] {
  const { upload, stealers } = config
  return [
    ...(upload.enabled ? [new UploadVolume(upload, emit), new QueryUpload(emit)] : []),
    ...(stealers.enabled ? [new Stealers(stealers, emit)] : []),
  ]
}
