import { describe, expect, test } from '@jest/globals'
import { EventmillError, hasCode } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'

describe('an error', () => {
  const cause = new Error('because')
  const error = eventmillError('CAPABILITY_MISSING', 'no push here', { capability: 'push', cause })

  test('carries its code, its fields and its cause', () => {
    expect(error).toBeInstanceOf(EventmillError)
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'EventmillError', code: 'CAPABILITY_MISSING', capability: 'push' })
    expect(error.message).toBe('no push here')
    expect(error.cause).toBe(cause)
    expect(eventmillError('STORE_CLOSED', 'closed', {})).not.toHaveProperty('cause')
  })

  test('is JSON with its message, its fields, and the message of its cause, and without a stack', () => {
    expect(JSON.parse(JSON.stringify(error))).toStrictEqual({
      name: 'EventmillError',
      code: 'CAPABILITY_MISSING',
      message: 'no push here',
      capability: 'push',
      cause: 'because',
    })
    const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
    const conflict = eventmillError('GENERATION_CONFLICT', 'too late', { stream, expected: 1, actual: 2 })
    expect(JSON.parse(JSON.stringify({ at: [conflict] }))).toStrictEqual({
      at: [
        {
          name: 'EventmillError',
          code: 'GENERATION_CONFLICT',
          message: 'too late',
          stream,
          expected: 1,
          actual: 2,
        },
      ],
    })
  })

  test('is JSON without payloads', () => {
    const payload = { iban: 'secret' }
    const event = { source: 'urn:x:a', type: 'Opened', version: 1 }
    const issues = [{ code: 'custom', path: ['limits', 0], message: 'too low', input: payload }]
    const invalid = eventmillError('EVENT_INVALID', 'no good', { ...event, issues })
    expect(JSON.parse(JSON.stringify(invalid))).toStrictEqual({
      name: 'EventmillError',
      code: 'EVENT_INVALID',
      message: 'no good',
      ...event,
      issues: [{ code: 'custom', path: ['limits', 0], message: 'too low' }],
    })
    const events = [{ ...event, data: payload }] as never
    const unreadable = eventmillError('STATE_UNREADABLE', 'stored', { events, cause: payload })
    expect(unreadable.events).toBe(events)
    expect(JSON.parse(JSON.stringify(unreadable))).toEqual({
      name: 'EventmillError',
      code: 'STATE_UNREADABLE',
      message: 'stored',
      cause: {},
    })
  })

  test('is JSON whatever its fields and its cause are', () => {
    const circle: { path?: unknown } = {}
    circle.path = circle
    const odd = eventmillError('EVENT_INVALID', 'no good', {
      source: 'urn:x:a',
      type: 'Opened',
      version: 5n as never,
      issues: [circle],
      cause: Object.create(null),
    })
    const json = { name: 'EventmillError', code: 'EVENT_INVALID', message: 'no good' }
    expect(JSON.parse(JSON.stringify(odd))).toEqual({ ...json, source: 'urn:x:a', type: 'Opened', cause: {} })
    const circular = eventmillError('STORE_UNREACHABLE', 'gone', {})
    circular.cause = circular
    expect(JSON.parse(JSON.stringify(circular))).toHaveProperty('cause', 'gone')
    const texts = eventmillError('STORE_UNREACHABLE', 'gone', { cause: 'pulled the plug' })
    expect(JSON.parse(JSON.stringify(texts))).toHaveProperty('cause', 'pulled the plug')
  })

  test('tells as JSON the code of a cause without words of its own, as that of a connection', () => {
    const cause = Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')]), {
      code: 'ECONNREFUSED',
    })
    const told: unknown = JSON.parse(JSON.stringify(eventmillError('STORE_UNREACHABLE', 'gone', { cause })))
    expect(told).toHaveProperty('cause', 'ECONNREFUSED')
  })

  test('is known by its code, whichever copy of the package made it', () => {
    const copied: unknown = { name: 'EventmillError', code: 'CAPABILITY_MISSING', capability: 'push' }
    expect(hasCode(error, 'CAPABILITY_MISSING') && error.capability).toBe('push')
    expect(hasCode(copied, 'CAPABILITY_MISSING') && copied.capability).toBe('push')
  })

  test('is known by one of several codes, which tells its fields', () => {
    const thrown: unknown = error
    if (!hasCode(thrown, 'STORE_CLOSED', 'CAPABILITY_MISSING')) throw thrown
    expect(thrown.code === 'CAPABILITY_MISSING' && thrown.capability).toBe('push')
    expect(hasCode(thrown, 'STORE_CLOSED', 'STORE_BUSY')).toBe(false)
  })

  test.each<[string, unknown]>([
    ['of another code', error],
    ['of another library', Object.assign(new Error('closed'), { code: 'STORE_CLOSED' })],
    ['that is none', 'STORE_CLOSED'],
    ['that is nothing', null],
    ['without a code', { name: 'EventmillError' }],
  ])('%s is not taken for it', (_, other) => {
    expect(hasCode(other, 'STORE_CLOSED')).toBe(false)
  })
})
