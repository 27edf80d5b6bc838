/**
 * Looks a million indicators up in one way, and says what that costs: time a look, and memory.
 *
 * Usage: node --expose-gc indicator-looks.mjs WAY FEED, where WAY is `table` (Picket's), `set` or `map` (of strings)
 * and FEED a file of addresses and names, one a line. Prints one line of JSON. What is looked up is made before the
 * clock runs, as it is in each way kept: addresses as words for the table, as text for the others.
 */
import { readFileSync } from 'node:fs'
import { validateConfig } from '../../../dist/config/index.js'
import { readFeed } from '../../../dist/detect/intel/feed-reading.js'
import {
  IndicatorTable,
  IndicatorTableBuilder,
} from '../../../dist/detect/intel/indicator-table.js'

const LOOKS = 200_000
const ROUNDS = 5
const NOW_SECONDS = 1_800_000_000

const [way, feedFile] = process.argv.slice(2)
const text = readFileSync(feedFile, 'utf8')
const before = residentBytes()
const startedAt = performance.now()
const { looks, held } = { table: ownTable, set: stringSet, map: stringMap }[way]()
const buildSeconds = (performance.now() - startedAt) / 1000
const residentGrowth = residentBytes() - before

const listed = text.split('\n')
const half = listed.length / 2
const samples = {
  addressListed: pick((at) => listed[(at * 7919) % half]),
  addressOther: pick((at) => `${1 + (at % 99)}.${(at >> 3) & 255}.${at & 255}.${(at * 31) & 255}`),
  nameListed: pick((at) => `www.${listed[half + ((at * 7919) % half)]}`),
  nameOther: pick((at) => `www.site${at}.invalid`),
}
const figures = Object.entries(samples).map(([name, sample]) => {
  const look = looks[name.startsWith('address') ? 'address' : 'name']
  return [name, nanosecondsALook(look, sample)]
})
process.stdout.write(
  `${JSON.stringify({ ...Object.fromEntries(figures), buildSeconds, residentGrowth, held })}\n`,
)

function ownTable() {
  const feeds = [{ name: 'million', source: feedFile }]
  const { intel } = validateConfig({ detect: { intel: { feeds } } }, 'bench').detect
  const builder = new IndicatorTableBuilder()
  const given = { text, givenAtMs: NOW_SECONDS * 1000 }
  for (const steps = readFeed(intel.feeds[0], given, builder, { room: 1e6 }); !steps.next().done;);
  const table = new IndicatorTable(builder.build())
  const look = { words: new Int32Array(4), at: 0, family: 4 }
  return {
    held: builder.count,
    looks: {
      address(word) {
        look.words[3] = word
        return table.address(look, NOW_SECONDS) !== 0
      },
      name: (name) => table.domain(name, NOW_SECONDS) !== null,
    },
  }
}

function stringSet() {
  const set = new Set(text.split('\n'))
  return { held: set.size, looks: looksIn((key) => set.has(key)) }
}

function stringMap() {
  const map = new Map(text.split('\n').map((line) => [line, 1]))
  return { held: map.size, looks: looksIn((key) => map.get(key) !== undefined) }
}

/** A name is listed where one that it lies under is. */
function looksIn(has) {
  return {
    address: has,
    name(name) {
      for (let from = 0; ;) {
        if (has(from === 0 ? name : name.slice(from))) return true
        const dot = name.indexOf('.', from)
        if (dot < 0) return false
        from = dot + 1
      }
    },
  }
}

function pick(textAt) {
  return Array.from({ length: LOOKS }, (_, at) => textAt(at))
}

/** The median of some rounds. */
function nanosecondsALook(look, sample) {
  const isWords = way === 'table' && /^[\d.]+$/.test(sample[0])
  const keys = isWords ? Int32Array.from(sample, wordOf) : sample
  const rounds = Array.from({ length: ROUNDS }, () => {
    const from = performance.now()
    let found = 0
    for (let at = 0; at < keys.length; at += 1) if (look(keys[at])) found += 1
    const isListed = sample === samples.addressListed || sample === samples.nameListed
    if (found !== (isListed ? keys.length : 0))
      throw new Error(`${way} found ${found} of ${keys.length}`)
    return ((performance.now() - from) * 1e6) / keys.length
  })
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1]
}

function wordOf(address) {
  return address.split('.').reduce((word, octet) => (word << 8) | Number(octet), 0)
}

function residentBytes() {
  globalThis.gc()
  return process.memoryUsage().rss
}
