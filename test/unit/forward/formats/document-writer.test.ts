import { describe, expect, it } from 'vitest'
import { documentWriter } from '../../../../src/forward/formats/document-writer.ts'
import type { EcsValue } from '../../../../src/forward/formats/ecs-fields.ts'

const writtenPairs = (pairs: readonly (readonly [string, EcsValue])[]) =>
  documentWriter<null>(pairs.map(([name, value]) => ({ name, of: () => value })))(null)
const written = (fields: Record<string, EcsValue>) => writtenPairs(Object.entries(fields))

describe('a written document', () => {
  it('has objects within objects as the names say, wherever their members stand', () => {
    const text = written({ 'event.id': 'a', message: 'm', 'event.start.day': 1, 'event.end': true })
    expect(JSON.parse(text)).toEqual({
      event: { id: 'a', start: { day: 1 }, end: true },
      message: 'm',
    })
  })

  it('leaves out what has no value, and objects of which nothing has any', () => {
    expect(written({ 'event.id': null, 'event.tags': [], 'host.name': null })).toBe('{}')
    expect(written({ 'event.id': null, count: 0, tags: [''] })).toBe('{"count":0,"tags":[""]}')
  })

  it('has each name once: the last that has a value', () => {
    const text = writtenPairs([
      ['user.name', 'first'],
      ['user.name', 'second'],
      ['user.name', null],
    ])
    expect(text).toBe('{"user":{"name":"second"}}')
  })

  it.each(['"', '\\', 'ü', '\u0007', '\u202e', '\n', '\ud800', '</script>', ''])(
    'is JSON whatever text is in it: %j',
    (text) => {
      const document = written({ text, texts: [text], objects: [{ [text]: text }] })
      const whole = JSON.parse(document) as Record<string, unknown>
      expect(whole).toEqual({
        text: whole['text'],
        texts: [whole['text']],
        objects: [{ [text]: whole['text'] }],
      })
    },
  )

  it('cuts texts, and writes numbers as JSON does', () => {
    const document = written({ text: 'x'.repeat(9000), far: 1e21, small: 5e-7 })
    const text = `${'x'.repeat(7997)}...`
    expect(JSON.parse(document)).toEqual({ text, far: 1e21, small: 5e-7 })
    expect(written({ none: Number.NaN, over: Infinity })).toBe('{"none":null,"over":null}')
  })
})
