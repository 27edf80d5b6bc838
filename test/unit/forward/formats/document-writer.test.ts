import { describe, expect, it } from 'vitest'
import { documentWriter } from '../../../../src/forward/formats/document-writer.ts'
import type { EcsValue } from '../../../../src/forward/formats/ecs-fields.ts'

const written = (fields: Record<string, EcsValue> | readonly (readonly [string, EcsValue])[]) => {
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields)
  return documentWriter<null>(pairs.map(([name, value]) => ({ name, of: () => value })))(null)
}

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
    const text = written([
      ['user.name', 'first'],
      ['user.name', 'second'],
      ['user.name', null],
    ])
    expect(text).toBe('{"user":{"name":"second"}}')
  })

  it.each(['"', '\\', 'ü', '\u0007', '\u202e', '\n', '\ud800', '</script>', ''])(
    'is JSON whatever text is in it: %j',
    (text) => {
      const whole = JSON.parse(written({ text, texts: [text], objects: [{ [text]: text }] }))
      expect(whole.text).toBe(whole.texts[0])
      expect(whole.objects[0][text]).toBe(whole.text)
    },
  )

  it('cuts texts, and writes numbers as JSON does', () => {
    const { text, far, small } = JSON.parse(
      written({ text: 'x'.repeat(9000), far: 1e21, small: 5e-7, none: Number.NaN }),
    )
    expect(text).toBe(`${'x'.repeat(7997)}...`)
    expect([far, small]).toEqual([1e21, 5e-7])
    expect(written({ none: Number.NaN, over: Infinity })).toBe('{"none":null,"over":null}')
  })
})
