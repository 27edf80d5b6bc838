/** Where frames come from: capture files, and the interfaces of this host. */
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { PicketError } from '../core/errors.ts'
import type { Log } from '../core/log/log.ts'
import type { CaptureConfig } from './config.ts'
import type { CaptureSource } from './source.ts'
import { mayStartTcpdump } from './privileges.ts'
import { CapSource, isCapUsable } from './sources/cap.ts'
import { TcpdumpSource } from './sources/tcpdump.ts'

export { MOST_AUTOMATIC, type Choice } from './automatic-interfaces.ts'
export { AUTOMATIC, automaticChoices, captureInterfaces } from './interfaces.ts'
export { linkTypeWords, READABLE_LINK_TYPES } from './link-types.ts'
export { canCapture, leaveRoot, mayGiveNetworkRights, mayStartTcpdump } from './privileges.ts'
export { openPcapFile, openPcapStream, type PcapFileSource } from './sources/pcap-file.ts'
export type { CaptureFault } from './capture-stream.ts'

/** Where tcpdump is installed even when a service's PATH leaves these out. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/sbin', '/bin']

export interface LiveSourceOptions {
  readonly interface: string
  readonly config: CaptureConfig
  /** Called once, when the interface is open and frames are being captured. */
  readonly onListening?: () => void
  readonly log?: Log
}

/**
 * Makes a source of live frames with the driver that is configured, or the better one that is there.
 *
 * Errors: throws `ERR_CAPTURE_OPEN` when the driver is missing; what is wrong with the interface or our
 * privileges comes from `run`.
 */
export function openLiveSource(options: LiveSourceOptions): CaptureSource {
  const { config, interface: name, onListening, log } = options
  const { snapLengthBytes, bufferMegabytes, delivery, tcpdumpUser: user } = config
  const isPrompt = delivery === 'prompt'
  const program = tcpdumpFor(config.driver)
  const shared = { interface: name, snapLengthBytes, bufferMegabytes, onListening }
  if (program !== null) return new TcpdumpSource({ ...shared, program, user, isPrompt })
  if (config.driver === 'tcpdump') throw missing('tcpdump is not installed')
  if (config.driver === 'auto' && !isCapUsable()) {
    throw missing('neither tcpdump nor the addon `cap` is there to capture with')
  }
  if (config.driver === 'auto') {
    const why = findTcpdump() === null ? 'is not installed' : 'may not change its user here'
    log?.warn(`tcpdump ${why}; capturing in process, where drops cannot be counted`, {
      interface: name,
    })
  }
  return new CapSource(shared)
}

/** Who asks for tcpdump by name is told why it ends; `auto` goes on by the addon where that can be used. */
function tcpdumpFor(driver: CaptureConfig['driver']): string | null {
  if (driver === 'cap') return null
  if (driver === 'auto' && !mayStartTcpdump() && isCapUsable()) return null
  return findTcpdump()
}

/** Finds tcpdump in the absolute directories of PATH and where systems put it; null when it is missing. */
export function findTcpdump(path = process.env.PATH ?? ''): string | null {
  // A relative entry would let whoever owns the working directory choose what root runs.
  const directories = [...path.split(':').filter(isAbsolute), ...SYSTEM_DIRECTORIES]
  const candidates = directories.map((directory) => join(directory, 'tcpdump'))
  return candidates.find(isProgram) ?? null
}

/** Directories that we may not search hold no tcpdump for us. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function missing(message: string): PicketError {
  return new PicketError('ERR_CAPTURE_OPEN', message, {
    hint: 'install it: apt-get install tcpdump',
  })
}
