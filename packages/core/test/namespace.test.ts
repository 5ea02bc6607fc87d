import { describe, expect, test } from '@jest/globals'
import { defineEvents, event } from '@eventmill/core'
import { eventCodec } from '@eventmill/core/adapter'
import { accountEvents } from './fixtures/account.ts'

const stored = {
  ...accountEvents.Deposited({ cents: 5 }),
  id: 'x',
  aggregateType: 'Account',
  aggregateId: 'DE1',
  sequence: 2,
  position: 7,
  time: '2026-01-31T12:00:00.000Z',
  metadata: {},
}

describe('defineEvents', () => {
  test('returns a creator for each type', () => {
    expect(accountEvents.Deposited({ cents: 5 })).toEqual({
      source: 'https://example.com/account',
      type: 'Deposited',
      version: 1,
      data: { cents: 5 },
    })
    expect(accountEvents.Closed()).toEqual(expect.objectContaining({ type: 'Closed', data: {} }))
    expect(accountEvents.types).toEqual(['Opened', 'Deposited', 'Withdrawn', 'Closed'])
    expect(Object.keys(accountEvents)).toEqual(expect.arrayContaining([...accountEvents.types]))
  })

  test.each(['source', 'types', 'definitions', 'then'])('refuses the reserved type name %s', (type) => {
    expect(() => defineEvents('https://example.com/x', { [type]: event() })).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining(type) }),
    )
  })

  test('refuses a type named __proto__', () => {
    const definitions = Object.defineProperty({}, '__proto__', { value: event(), enumerable: true })
    expect(() => defineEvents('https://example.com/x', definitions)).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID' }),
    )
  })

  test('returns what nobody can change', () => {
    const events = defineEvents('https://example.com/x', { Made: event() })
    expect(() => Object.assign(events, { Made: () => 0 })).toThrow(TypeError)
    expect(() => (events.types as string[]).push('Burnt')).toThrow(TypeError)
    expect(() => Object.assign(events.definitions, { Made: event() })).toThrow(TypeError)
  })

  test('takes a type with a name of 1,024 bytes', () => {
    const name = 'é'.repeat(512)
    expect(defineEvents('urn:x:y', { [name]: event() }).types).toEqual([name])
  })

  test('may be awaited', async () => {
    expect(await Promise.resolve(accountEvents)).toBe(accountEvents)
  })

  test('takes types that are named like members of every object', () => {
    const events = defineEvents('https://example.com/x', { constructor: event(), toString: event() })
    expect(events.constructor()).toEqual(expect.objectContaining({ type: 'constructor' }))
  })

  test.each([
    '',
    'account',
    '/account',
    'https://example.com/an account',
    'https:',
    ' urn:x',
    '1st:x',
    'my_app:x',
  ])('refuses the source %j, which is no absolute URI', (source) => {
    expect(() => defineEvents(source, {})).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', definition: source }),
    )
  })

  test.each([
    'urn:example:account',
    'https://example.com/account',
    'tag:example.com,2026:account',
    'H323+x.y-z:account',
  ])('takes the source %s', (source) => {
    expect(defineEvents(source, {}).source).toBe(source)
  })

  test.each([
    ['longer than 1,024 bytes', `urn:${'x'.repeat(1021)}`],
    ['with NUL in it', 'urn:x\0'],
  ])('refuses a source %s, which no store could keep', (_, source) => {
    expect(() => defineEvents(source, {})).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', definition: source }),
    )
  })

  test.each<[string, object]>([
    ['an empty name', { '': event() }],
    ['a name of 1,025 bytes', { ['x'.repeat(1025)]: event() }],
    ['NUL in its name', { 'x\0': event() }],
    ['version 0', { A: { ...event(), version: 0 } }],
    ['half a version', { A: { ...event(), version: 1.5 } }],
    ['no version', { A: { ...event(), version: undefined } }],
    ['no encode', { A: { ...event(), encode: undefined } }],
    ['no decode', { A: { ...event(), decode: undefined } }],
    ['no definition', { A: undefined }],
    ['null for a definition', { A: null }],
    ['a definition that is none', { A: {} }],
  ])('refuses a type with %s', (_, definitions) => {
    expect(() => defineEvents('urn:x:y', definitions)).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', definition: 'urn:x:y' }),
    )
  })
})

describe('eventCodec', () => {
  const codec = eventCodec([accountEvents])

  test('passes on what needs no translation as the very same object', () => {
    const decided = accountEvents.Deposited({ cents: 5 })
    expect(codec.encode(decided)).toBe(decided)
    expect(codec.decode(stored)).toBe(stored)
  })

  test('translates data both ways and tells the newest version', () => {
    const dated = eventCodec([
      defineEvents('https://example.com/account', {
        Deposited: {
          version: 2,
          encode: (at: Date) => at.toISOString(),
          decode: (json, version) => (version === 1 ? new Date(0) : new Date(json as string)),
        },
      }),
    ])
    const event = { ...accountEvents.Deposited({ cents: 5 }), version: 2, data: new Date(5) }
    expect(dated.encode(event)).toEqual({ ...event, data: '1970-01-01T00:00:00.005Z' })
    expect(dated.decode(stored)).toEqual({ ...stored, version: 2, data: new Date(0) })
    const newest = { ...stored, version: 2, data: '1970-01-01T00:00:00.005Z' }
    expect(dated.decode(newest)).toEqual({ ...newest, data: new Date(5) })
  })

  test('tells the newest version also of data that an older one had just so', () => {
    const second = { ...event(), version: 2, decode: (json: unknown) => json as object }
    const codec = eventCodec([defineEvents('https://example.com/account', { Deposited: second })])
    expect(codec.decode(stored)).toEqual({ ...stored, version: 2 })
  })

  test.each([
    ['of an unknown namespace', { source: 'https://example.com/other' }],
    ['of an unknown type', { type: 'toString' }],
    ['of an unknown version', { version: 2 }],
  ])('neither writes nor reads an event %s', (_, difference) => {
    const unknown = { ...stored, ...difference }
    expect(() => codec.encode(unknown)).toThrow(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        source: unknown.source,
        type: unknown.type,
        version: unknown.version,
        issues: [],
      }),
    )
    expect(() => codec.decode(unknown)).toThrow(
      expect.objectContaining({
        code: 'EVENT_UNREADABLE',
        stream: { aggregateType: 'Account', aggregateId: 'DE1' },
        sequence: 2,
        position: 7,
        type: unknown.type,
      }),
    )
  })

  /** A codec whose definitions fail so. */
  function failingBy(error: Error) {
    const fail = () => {
      throw error
    }
    return eventCodec([
      defineEvents('https://example.com/account', { Deposited: { version: 1, encode: fail, decode: fail } }),
    ])
  }

  test('passes on what a definition throws, as the cause', () => {
    const cause = new Error('no good')
    const failing = failingBy(cause)
    const expected = expect.objectContaining({ cause, message: expect.stringContaining('no good') })
    expect(() => failing.encode(stored)).toThrow(expected)
    expect(() => failing.decode(stored)).toThrow(expected)
  })

  test('passes on the issues of what a definition throws, instead of their error', () => {
    const issues = [{ path: ['cents'], message: 'no good' }]
    const failing = failingBy(Object.assign(new Error('cents: no good'), { issues }))
    for (const translate of [() => failing.encode(stored), () => failing.decode(stored)]) {
      expect(translate).toThrow(
        expect.objectContaining({ issues, message: expect.stringContaining('cents: no good') }),
      )
      expect(translate).not.toThrow(expect.objectContaining({ cause: expect.anything() }))
    }
  })

  test('refuses two namespaces of one source', () => {
    const again = defineEvents('https://example.com/account', { Opened: event() })
    expect(() => eventCodec([accountEvents, again])).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', definition: 'https://example.com/account' }),
    )
  })
})
