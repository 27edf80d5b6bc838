/** Finds flows by what stands in their texts: the program at this host's end, and what the application said. */
import { RECORD_WORDS, Word } from './batch-layout.ts'
import type { FlowBatch } from './flow-batch.ts'

type Test = (batch: FlowBatch, index: number) => boolean

/**
 * Fits where the process has this name: its command, path or last part of it, unit, container, or number.
 *
 * Cost: a search through some 200 bytes of JSON; it is read only where the name stands in it.
 */
export function processTest(name: string): Test {
  const pid = /^\d{1,10}$/.test(name) ? Number(name) : null
  return textTest(Word.PROCESS, name, (process) => {
    const { command, executable, unit, container } = process
    if ([command, executable, unit, container].includes(name)) return true
    if (typeof executable === 'string' && executable.endsWith(`/${name}`)) return true
    return pid !== null && process['pid'] === pid
  })
}

/** Fits where a client hello of TLS or QUIC has this JA4. */
export function ja4Test(ja4: string): Test {
  return textTest(Word.FACTS, ja4, (facts) => facts['ja4'] === ja4)
}

/** Fits where a name asked for or called (DNS, SNI, HTTP host …) is this domain or one below it. */
export function domainTest(domain: string): Test {
  const wanted = domain.toLowerCase().replace(/\.$/, '')
  const isWithin = (text: string): boolean => {
    // A host may have a port behind it.
    const name = text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
    return name === wanted || name.endsWith(`.${wanted}`)
  }
  return textTest(Word.FACTS, wanted, (facts) => someText(facts, isWithin))
}

function textTest(
  word: number,
  needle: string,
  fits: (value: Readonly<Record<string, unknown>>) => boolean,
): Test {
  const lower = needle.toLowerCase()
  return (batch, index) => {
    const text = batch.text(index * RECORD_WORDS + word)
    if (text === null || !text.toLowerCase().includes(lower)) return false
    const value = parsed(text)
    return value !== null && fits(value)
  }
}

/** The log may be damaged: what is no JSON object fits nothing. */
function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function someText(value: unknown, fits: (text: string) => boolean): boolean {
  if (typeof value === 'string') return fits(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((member) => someText(member, fits))
}
