import { describe, expect, it } from 'vitest'
import { until } from '../../support/await-until.ts'
import {
  startBulkNode,
  type BulkNode,
  type BulkOptions,
  type Document,
} from '../../support/delivery/bulk-node.ts'
import { makeAuthority, written } from '../../support/certificates.ts'
import { accepted, complaint, recordWith, sinkOf } from '../../support/delivery/delivery.ts'
import { forwardingTo } from '../../support/delivery/forwarding.ts'
import { story, temporaryFolder } from '../../support/record.ts'

const sink = (nodes: readonly BulkNode[], changes: object = {}) =>
  sinkOf({ type: 'elastic', nodes: nodes.map(({ url }) => url), ...changes })
const sequences = ({ documents }: BulkNode) =>
  [...documents.values()].map(({ event }) => event.sequence).sort((one, other) => one - other)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const sequenceOf = ({ event }: Document) => event.sequence

describe('a data stream of Elasticsearch or OpenSearch', () => {
  it('gets 10,000 documents once each, although its node dies in the middle', async () => {
    const node = await startBulkNode()
    const record = await recordWith(10_000)
    const forwarders = forwardingTo(record, sink([node]))
    await until('some are there', () => (node.documents.size > 2000 ? true : null), { everyMs: 2 })
    await node.crash()
    await complaint(forwarders)
    await node.start()
    await accepted(record)
    expect(sequences(node)).toEqual(upTo(10_000))
  })

  it('shows each state of an event, and no state twice', async () => {
    const node = await startBulkNode()
    const record = await recordWith(0)
    const told = story()
    await record.events.save([told], { forward: true })
    await record.events.save([{ ...told, event: { ...told.event, count: 9 } }], { forward: true })
    forwardingTo(record, sink([node]))
    await accepted(record)
    expect([...node.documents.keys()]).toEqual([`${told.event.id}-1`, `${told.event.id}-2`])
    expect([...node.documents.values()].map(({ picket }) => picket.count)).toEqual([1204, 9])
  })

  it('that had stored a batch whose answer got lost takes the repeat for there already', async () => {
    let answers = 0
    // The batch is stored, and then the connection ends without an answer.
    const node = await startBulkNode({ loseAnswer: () => answers++ === 0 })
    const record = await recordWith(100)
    forwardingTo(record, sink([node]))
    await accepted(record)
    expect(sequences(node)).toEqual(upTo(100))
    expect(node.repeats).toBe(100)
  })

  it('with full queues is sent everything again, and keeps what it has', async () => {
    let refusals = 60
    const fault = (document: Document) =>
      sequenceOf(document) > 40 && refusals-- > 0
        ? { status: 429, type: 'es_rejected_execution_exception', reason: 'rejected execution' }
        : null
    const node = await startBulkNode({ fault })
    const record = await recordWith(100)
    expect(await complaint(forwardingTo(record, sink([node])))).toBe(
      'the node refuses a document for now: HTTP 429 es_rejected_execution_exception: rejected execution',
    )
    await accepted(record)
    expect(sequences(node)).toEqual(upTo(100))
    expect(node.repeats).toBe(40)
  })

  it('whose mapping refuses a document for good gets all others', async () => {
    const fault = (document: Document) =>
      [3, 50, 100].includes(sequenceOf(document))
        ? { status: 400, type: 'document_parsing_exception', reason: 'failed to parse field' }
        : null
    const node = await startBulkNode({ fault })
    const record = await recordWith(150)
    forwardingTo(record, sink([node]))
    await accepted(record)
    expect(node.documents.size).toBe(147)
    expect(node.repeats).toBe(0)
  })

  it('takes less at once where a proxy limits the size', async () => {
    const refuse: BulkOptions['refuse'] = ({ text }) =>
      text.length > 30_000 ? { status: 413, body: 'too large' } : null
    const node = await startBulkNode({ refuse })
    const record = await recordWith(100)
    forwardingTo(record, sink([node], { gzip: false }))
    await accepted(record)
    expect(sequences(node)).toEqual(upTo(100))
  })

  it('is reached over the next node when one is dead', async () => {
    const store = new Map<string, Document>()
    const [dead, node] = [await startBulkNode({ store }), await startBulkNode({ store })]
    await dead.crash()
    const record = await recordWith(50)
    forwardingTo(record, sink([dead, node]))
    await accepted(record)
    expect(sequences(node)).toEqual(upTo(50))
  })
})

describe('who may write to Elasticsearch', () => {
  it.each([
    ['an API key', { apiKey: 'a2V5OnNlY3JldA==' }, 'ApiKey a2V5OnNlY3JldA=='],
    ['a user', { user: 'picket', password: 'pass:word' }, 'Basic cGlja2V0OnBhc3M6d29yZA=='],
  ])('is known by %s', async (_, secret, authorization) => {
    const node = await startBulkNode({ authorization })
    const record = await recordWith(5)
    forwardingTo(record, sink([node], secret))
    await accepted(record)
    expect(node.documents.size).toBe(5)
  })

  it('waits when nobody knows it, and is told so without its secret', async () => {
    const node = await startBulkNode({ authorization: 'ApiKey other' })
    const record = await recordWith(5)
    const told = await complaint(forwardingTo(record, sink([node], { apiKey: 'c2VjcmV0' })))
    expect(told).toBe(
      'the node answers HTTP 401 security_exception: unable to authenticate; compare apiKey, or user and password',
    )
    expect(record.outbox.position('siem')).toBe(0)
  })

  it('is known by a key in a file over verified TLS, and refuses a node with the wrong name', async () => {
    const folder = await temporaryFolder()
    const authority = await makeAuthority(folder, 'ca')
    const [right, misnamed] = await Promise.all([
      authority.issue('right', 'IP:127.0.0.1'),
      authority.issue('misnamed', 'DNS:other.example.org'),
    ])
    const apiKeyFile = await written(folder, 'key', 'a2V5\n')
    const changes = { apiKeyFile, tls: { caFile: authority.caFile } }
    const wrong = await startBulkNode({ certificate: misnamed })
    const refused = await recordWith(5)
    expect(await complaint(forwardingTo(refused, sink([wrong], changes)))).toMatch(/another name/)
    const node = await startBulkNode({ certificate: right, authorization: 'ApiKey a2V5' })
    const record = await recordWith(5)
    forwardingTo(record, sink([node], changes))
    await accepted(record)
    expect([node.documents.size, wrong.documents.size]).toEqual([5, 0])
  })
})
