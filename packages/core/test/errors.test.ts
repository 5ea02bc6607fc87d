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

  test('is known by its code, whichever copy of the package made it', () => {
    const copied: unknown = { name: 'EventmillError', code: 'CAPABILITY_MISSING', capability: 'push' }
    expect(hasCode(error, 'CAPABILITY_MISSING') && error.capability).toBe('push')
    expect(hasCode(copied, 'CAPABILITY_MISSING') && copied.capability).toBe('push')
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
