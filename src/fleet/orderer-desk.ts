/** Where the fleet is ordered from: sends signed orders, and reads what the hosts made of them. */
import { createPublicKey } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { PicketError } from '../core/errors.ts'
import { uuidv7 } from '../core/uuid.ts'
import {
  backOffMs,
  isDenied,
  NatsLink,
  reasonInWords,
  type StoredMessage,
} from '../forward/nats/index.ts'
import { formatCidr, parseCidr } from '../net/cidr.ts'
import type { FleetConfig, FleetPlace } from './config.ts'
import type { FleetDesk, OrderRequest, TrackedOrder } from './desk.ts'
import { LONGEST_ORDER_SECONDS, readOrder, writeOrder, type FleetOrder } from './orders/order.ts'
import { readAcknowledgement, readHostReport, type HostReport } from './reports.ts'
import {
  ORDERER_HEADER,
  readSigningKey,
  SIGNATURE_HEADER,
  signatureChecker,
  signatureOf,
} from './orders/signature.ts'
import { namesOf, streamsOf, type Addressee } from './subjects.ts'

const ANSWER_TIMEOUT_MS = 3000
/** A cluster that lost a server chooses another leader within some seconds. */
const TRY_FOR_MS = 30_000

type Orderer = NonNullable<FleetConfig['orderer']>

/** The desk of an orderer; it connects for each thing that it is asked. */
export class OrdererDesk implements FleetDesk {
  readonly #config: FleetConfig
  readonly #place: FleetPlace
  readonly #orderer: Orderer
  readonly #clock: Clock
  readonly #names: ReturnType<typeof namesOf>

  constructor(config: FleetConfig, place: FleetPlace, orderer: Orderer, clock: Clock) {
    this.#config = config
    this.#place = place
    this.#orderer = orderer
    this.#clock = clock
    this.#names = namesOf(place.fleet)
  }

  async order(request: OrderRequest): Promise<TrackedOrder> {
    const { name: orderer, keyFile } = this.#orderer
    const key = readSigningKey(keyFile)
    const order = this.#orderOf(request)
    const bytes = writeOrder(order)
    const headers = { [ORDERER_HEADER]: orderer, [SIGNATURE_HEADER]: signatureOf(bytes, key) }
    return await this.#over(async (link) => {
      const subject = this.#names.orderSubject(order.to)
      const refused = await link.publish(subject, bytes, { id: order.id, headers })
      if (refused !== null) throw new Error(refused)
      await link.signal(this.#names.news)
      const awaited = await this.#hosts(link).catch(() => [])
      return { ...order, orderer, acknowledgements: [], awaited: namesFor(order.to, awaited) }
    })
  }

  async orders(limit: number): Promise<readonly TrackedOrder[]> {
    return await this.#over(async (link) => {
      const signed = await this.#signed(link)
      return await this.#track(link, signed.slice(-limit).reverse())
    })
  }

  async find(id: string): Promise<TrackedOrder | null> {
    return await this.#over(async (link) => {
      const found = (await this.#signed(link)).find(({ order }) => order.id === id)
      return found === undefined ? null : await this.#tracked(link, found.order, found.orderer)
    })
  }

  async hosts(): Promise<readonly HostReport[]> {
    return await this.#over((link) => this.#hosts(link))
  }

  /** Makes the streams of the fleet, or makes them what they are to be. Errors: `ERR_FLEET_CONNECT`. */
  async setUp(replicas: number): Promise<void> {
    await this.#over(async (link) => {
      for (const plan of streamsOf(this.#place.fleet, replicas)) await link.makeStream(plan)
    })
  }

  #orderOf({ ttlSeconds, target, ...request }: OrderRequest): FleetOrder {
    const issuedAtMs = this.#clock.nowMs()
    const seconds = request.action === 'lift' ? LONGEST_ORDER_SECONDS : ttlSeconds
    return {
      ...request,
      target: formatCidr(parseCidr(target)!),
      id: uuidv7(issuedAtMs),
      fleet: this.#place.fleet,
      issuedAtMs,
      expiresAtMs: issuedAtMs + seconds * 1000,
    }
  }

  /** Those that an orderer has signed, in their order; what else lies in the stream is none. */
  async #signed(link: NatsLink): Promise<{ order: FleetOrder; orderer: string }[]> {
    const faultOf = signatureChecker([...this.#config.orderers, this.#asKnown()])
    const messages = await link.read(this.#names.orders, this.#names.every('orders'))
    const known = new Set<string>()
    return messages.flatMap(({ payload, header }: StoredMessage) => {
      const orderer = header(ORDERER_HEADER)
      if (faultOf(orderer, header(SIGNATURE_HEADER), payload) !== null) return []
      const read = readOrder(payload)
      if (read.kind === 'malformed' || known.has(read.order.id)) return []
      known.add(read.order.id)
      return [{ order: read.order, orderer }]
    })
  }

  #asKnown(): { name: string; publicKey: string } {
    const { name, keyFile } = this.#orderer
    const key = createPublicKey(readSigningKey(keyFile))
    return { name, publicKey: key.export({ type: 'spki', format: 'der' }).toString('base64') }
  }

  async #tracked(link: NatsLink, order: FleetOrder, orderer: string): Promise<TrackedOrder> {
    return (await this.#track(link, [{ order, orderer }]))[0]!
  }

  async #track(
    link: NatsLink,
    signed: readonly { readonly order: FleetOrder; readonly orderer: string }[],
  ): Promise<readonly TrackedOrder[]> {
    const hosts = await this.#hosts(link)
    const track = async ({ order, orderer }: (typeof signed)[number]): Promise<TrackedOrder> => {
      const subject = this.#names.acknowledgementSubject('*', order.id)
      const messages = await link.read(this.#names.acknowledgements, subject)
      const answers = messages.flatMap((one) => readAcknowledgement(one.subject, one.payload) ?? [])
      const last = new Map(answers.map((one) => [one.host, one]))
      const awaited = namesFor(order.to, hosts).filter((name) => !last.has(name))
      return { ...order, orderer, acknowledgements: [...last.values()].sort(byHost), awaited }
    }
    return await Promise.all(signed.map(track))
  }

  async #hosts(link: NatsLink): Promise<readonly HostReport[]> {
    const messages = await link.read(this.#names.hosts, this.#names.every('hosts'))
    const reports = messages.flatMap((one) => readHostReport(one.subject, one.payload) ?? [])
    return reports.sort(byHost)
  }

  /** Does the work over one server after the other: until it is done, for too long, or none can be reached. */
  async #over<Result>(work: (link: NatsLink) => Promise<Result>): Promise<Result> {
    const { servers } = this.#config
    const deadline = performance.now() + TRY_FOR_MS
    let unreached = 0
    for (let attempt = 0; ; attempt += 1) {
      try {
        const link = await this.#open(servers[attempt % servers.length]!)
        unreached = -1
        return await work(link).finally(() => link.close())
      } catch (cause) {
        if (cause instanceof PicketError && cause.code !== 'ERR_SINK_CONNECT') throw cause
        unreached += 1
        const waitMs = backOffMs(1 + Math.floor(attempt / servers.length), null)
        const isHopeless = unreached >= servers.length || isDenied(cause)
        if (isHopeless || performance.now() + waitMs > deadline) throw this.#unreachable(cause)
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
  }

  async #open(server: string): Promise<NatsLink> {
    const inboxPrefix = this.#names.inbox(this.#place.host)
    return await NatsLink.open(this.#config, server, {
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      inboxPrefix,
    })
  }

  #unreachable(cause: unknown): PicketError {
    const message = `the bus of the fleet ${this.#place.fleet} does not do it: ${reasonInWords(cause)}`
    return new PicketError('ERR_FLEET_CONNECT', message, {
      cause,
      hint: 'see fleet.servers and the credentials beside them; picket fleet setup makes the streams. An order may have been stored: picket fleet orders lists those that were',
    })
  }
}

/** Names those that an order is for. */
function namesFor(to: Addressee, hosts: readonly HostReport[]): readonly string[] {
  const isMeant = ({ host, groups }: HostReport): boolean => {
    if (to.kind === 'all') return true
    return to.kind === 'host' ? to.name === host : groups.includes(to.name)
  }
  return hosts.filter(isMeant).map(({ host }) => host)
}

const byHost = (one: { readonly host: string }, other: { readonly host: string }): number =>
  one.host < other.host ? -1 : one.host > other.host ? 1 : 0
