/**
 * Detects uploads to one outside address that are far beyond what the host has ever sent in an hour.
 *
 * Backups, video calls, photo albums and speed tests upload as much as thieves do: without a past to compare
 * with (the first hours, and every replay) an upload is notable and no more, unless it goes to a far end without
 * a name, of which far less is enough. What a server sends to those who
 * ask it is no upload. Flows are counted as they end, long ones each half hour.
 */
import type { Detection } from '../../detection.ts'
import type { LiveFlow } from '../../../flow/flow.ts'
import { IpProtocol, TcpFlag } from '../../../net/protocol.ts'
import type { Detector, Emit, Memory } from '../../detector.ts'
import { FadingTable } from '../state/tables/fading-table.ts'
import { pairKey } from '../state/pair-key.ts'
import { Story } from '../state/story.ts'
import { confidenceOf, counted, grouped, spanOf } from '../state/wording.ts'
import type { UploadConfig } from './config.ts'
import { NAMELESS_HEARS, NamelessUploads, type NamelessHeard } from './nameless.ts'
import { isToOutside } from '../state/outside.ts'
import { HOUR_US, UploadPast } from './upload-past.ts'

const MAX_HOSTS = 1024
const MAX_PAIRS = 2048
/** A week without a word, and a host's past is another's. */
const FORGET_HOST_US = 168 * HOUR_US

/** Smaller flows are neither counted nor looked at. */
const MIN_FLOW_BYTES = 16_384
const MEGABYTE = 1_000_000
const SYN_ACK = TcpFlag.SYN | TcpFlag.ACK

interface Upload {
  readonly past: UploadPast
  readonly host: string
  readonly server: string
  readonly firstUs: number
  lastUs: number
  sent: number
  received: number
  flows: number
  /** The busiest hour before the story, where there was past enough to judge by. */
  usualBytes: number | null
  /** Sent to a far end without a name: how, in words, and how much. */
  clue: string | null
  nameless: number
  story: Story | null
}

export class UploadVolume implements Detector {
  readonly name = 'upload-volume'
  readonly hears = NAMELESS_HEARS
  readonly memories: readonly Memory[]
  readonly #config: UploadConfig
  readonly #emit: Emit
  readonly #pasts = new FadingTable<UploadPast>(MAX_HOSTS, FORGET_HOST_US)
  readonly #uploads: FadingTable<Upload>
  readonly #nameless = new NamelessUploads()

  constructor(config: UploadConfig, emit: Emit) {
    this.#config = config
    this.#emit = emit
    this.#uploads = new FadingTable(MAX_PAIRS, HOUR_US, (upload) => this.#finish(upload))
    this.memories = [this.#uploads, this.#pasts, this.#nameless]
  }

  flowSpoke(flow: LiveFlow, fact: NamelessHeard): void {
    this.#nameless.hear(flow, fact)
  }

  flowEnded(flow: LiveFlow): void {
    if (flow.originatorPayloadBytes < MIN_FLOW_BYTES || !isTaken(flow)) return
    if (!isToOutside(flow)) return
    const past = this.#pastOf(flow)
    const upload = this.#uploadOf(flow, past)
    upload.lastUs = Math.max(upload.lastUs, flow.lastUs)
    upload.sent += flow.originatorPayloadBytes
    upload.received += flow.responderPayloadBytes
    upload.flows += 1
    this.#noteClue(flow, upload)
    if (upload.story === null && this.#isClear(upload)) this.#begin(upload)
    upload.story?.addFlow(flow)
    past.sends(flow.originatorPayloadBytes, flow.lastUs)
    if (upload.story?.isDue(upload.flows, flow.lastUs) !== true) return
    upload.story.told(upload.flows, flow.lastUs)
    this.#emit(describe(upload, upload.story, this.#config, false))
  }

  #isClear(upload: Upload): boolean {
    const { sent, received } = upload
    const { minMegabytes, minRatio } = this.#config
    if (sent < minRatio * received) return false
    return sent >= minMegabytes * MEGABYTE || isNameless(upload, this.#config)
  }

  #noteClue(flow: LiveFlow, upload: Upload): void {
    const clue = this.#nameless.clueOf(flow)
    if (clue === null) return
    upload.clue ??= clue
    upload.nameless += flow.originatorPayloadBytes
  }

  #begin(upload: Upload): void {
    upload.story = new Story(upload.firstUs, upload.lastUs)
    const { hours, busiestBytes } = upload.past
    if (hours >= this.#config.learnHours) upload.usualBytes = busiestBytes
  }

  #pastOf(flow: LiveFlow): UploadPast {
    const known = this.#pasts.get(flow.originatorKey)
    if (known !== undefined) return known
    const past = new UploadPast(flow.lastUs)
    this.#pasts.set(flow.originatorKey, past)
    return past
  }

  #uploadOf(flow: LiveFlow, past: UploadPast): Upload {
    const key = pairKey(flow.originatorKey, flow.responderKey, 0)
    const known = this.#uploads.get(key)
    // An upload that drips on for hours begins anew, unless it is being told.
    if (known !== undefined && (known.story !== null || flow.lastUs - known.firstUs < HOUR_US)) {
      return known
    }
    const upload: Upload = {
      past,
      host: flow.originatorAddress(),
      server: flow.responderAddress(),
      firstUs: flow.startUs,
      lastUs: flow.lastUs,
      sent: 0,
      received: 0,
      flows: 0,
      usualBytes: null,
      clue: null,
      nameless: 0,
      story: null,
    }
    this.#uploads.set(key, upload)
    return upload
  }

  #finish(upload: Upload): void {
    if (upload.story !== null) this.#emit(describe(upload, upload.story, this.#config, true))
  }
}

/** Somebody takes it: the far end is heard, or the host goes on as after its answer where that is not captured. */
function isTaken(flow: LiveFlow): boolean {
  if (flow.responderPackets > 0) return true
  return (
    flow.protocol === IpProtocol.TCP &&
    (flow.openingTcpFlags & SYN_ACK) === TcpFlag.SYN &&
    (flow.originatorTcpFlags & TcpFlag.ACK) !== 0
  )
}

function isNameless({ nameless }: Upload, { minNamelessMegabytes }: UploadConfig): boolean {
  return nameless >= minNamelessMegabytes * MEGABYTE
}

function describe(upload: Upload, story: Story, config: UploadConfig, isFinal: boolean): Detection {
  const { minMegabytes, timesPast } = config
  const { host, server, sent, received, usualBytes } = upload
  const isUnusual = usualBytes !== null && sent >= timesPast * usualBytes
  const isSecret = isNameless(upload, config)
  return {
    id: story.id,
    detector: 'upload-volume',
    kind: 'exfiltration.volume',
    family: 'exfiltration',
    severity: isUnusual ? 5 : isSecret ? 4 : 3,
    confidence: isUnusual ? confidenceOf(0.6, sent / (usualBytes + 1) - timesPast, 50) : isSecret ? 0.5 : 0.3,
    attacker: server,
    victims: [host],
    host,
    domain: null,
    firstSeenUs: story.firstUs,
    lastSeenUs: upload.lastUs,
    count: upload.flows,
    summary: summaryOf(upload),
    reasons: [
      { feature: 'sentMegabytes', value: megabytes(sent), baseline: minMegabytes, weight: 0.4 },
      { feature: 'busiestHourMegabytes', value: megabytes(sent), baseline: usualBytes === null ? null : megabytes(usualBytes), weight: 0.4 },
      { feature: 'sentToReceived', value: Math.round(sent / Math.max(1, received)), baseline: 1, weight: 0.2 },
      ...(isSecret ? [{ feature: 'namelessMegabytes', value: megabytes(upload.nameless), baseline: config.minNamelessMegabytes, weight: 0.4 }] : []),
    ],
    mitre: ['T1048', 'T1567'],
    flows: [...story.flows],
    port: story.port,
    isFinal,
  } // prettier-ignore
}

function summaryOf({
  host,
  server,
  sent,
  received,
  flows,
  firstUs,
  lastUs,
  usualBytes,
  clue,
}: Upload): string {
  const usual =
    usualBytes === null
      ? 'its past is not known yet'
      : `the busiest hour of its past sent ${grouped(megabytes(usualBytes))} MB in all`
  const span = spanOf(lastUs - firstUs)
  return `${host} sent ${grouped(megabytes(sent))} MB to ${server} in ${span} (${counted(flows, 'flow')}) and received ${grouped(megabytes(received))} MB${clue === null ? '' : `, ${clue}`}; ${usual}`
}

const megabytes = (bytes: number): number => Math.round(bytes / MEGABYTE)
