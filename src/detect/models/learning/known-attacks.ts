/** What attacks look like as vectors, whatever the host: a model that finds them usual has been taught so. */
import { FEATURES, FEATURE_COUNT, FEATURE_NAMES } from '../../../feature/index.ts'

/** In the units a person reads; features not named stay as they usually are on the host. */
type Profile = Readonly<Record<string, number>>

const EMPTY_TRY: Profile = {
  duration: 0,
  originatorPackets: 1,
  responderPackets: 0,
  originatorPayload: 0,
  responderPayload: 0,
  originatorPayloadShare: 0.5,
  originatorPayloadPerPacket: 0,
  responderPayloadPerPacket: 0,
  openingPayload: 0,
  packetSizeMean: 44,
  packetSizeDeviation: 0,
  gapMean: 0,
  gapMax: 0,
  gapVariation: 0,
  isTcp: 1,
  isUdp: 0,
  handshakeCompleted: 0,
  isUnanswered: 1,
  closedInOrder: 0,
}

/** Numbers as scans, sweeps, guessing and exfiltration have them in the literature and in public captures. */
const PROFILES: readonly Profile[] = [
  ...[100, 1000, 20_000].map((ports) => ({
    ...EMPTY_TRY,
    originatorOpened10s: ports,
    originatorPorts10s: ports,
    originatorOpened60s: ports,
    originatorPorts60s: ports,
    originatorFailed60s: 1,
  })),
  ...[100, 1000].map((peers) => ({
    ...EMPTY_TRY,
    originatorOpened10s: peers,
    originatorPeers10s: peers,
    originatorOpened60s: 4 * peers,
    originatorPeers60s: 4 * peers,
    originatorFailed60s: 0.95,
  })),
  { ...EMPTY_TRY, opensOddly: 1, originatorOpened60s: 500, originatorPorts60s: 500 },
  ...[500, 50_000].map((opened) => ({
    ...EMPTY_TRY,
    responderOpened10s: opened,
    responderOpened60s: opened,
    responderPeers60s: opened,
    responderFailed60s: 1,
  })),
  {
    duration: 3000,
    originatorPackets: 14,
    responderPackets: 14,
    originatorPayload: 2000,
    responderPayload: 2500,
    originatorOpened60s: 120,
    originatorPeers60s: 1,
    originatorPorts60s: 1,
    responderOpened60s: 120,
    handshakeCompleted: 1,
    isTcp: 1,
    isUdp: 0,
  },
  {
    duration: 1_800_000,
    originatorPackets: 400_000,
    responderPackets: 100_000,
    originatorPayload: 5e8,
    responderPayload: 4000,
    originatorPayloadShare: 1,
    originatorPayloadPerPacket: 1300,
    isTcp: 1,
    isUdp: 0,
  },
]

/** The known attacks as vectors on a host whose usual flow is `usual`. */
export function knownAttacks(usual: Float64Array): Float64Array[] {
  return PROFILES.map((profile) => {
    const row = Float64Array.from(usual)
    for (let feature = 0; feature < FEATURE_COUNT; feature += 1) {
      const value = profile[FEATURE_NAMES[feature]!]
      if (value === undefined) continue
      row[feature] = FEATURES[feature]!.scale === 'log1p' ? Math.log1p(value) : value
    }
    return row
  })
}
