import { describe, expect, test } from '@jest/globals'
import { defineEvents, event } from '@eventmill/core'
import { defineProjection, partitionOf } from '@eventmill/projections'
import { accountEvents, balances } from './fixtures.ts'

const good = { name: 'p', version: 1, events: accountEvents, handle: {} }
const define = (definition: object) => () => defineProjection(definition as typeof good)

describe('a projection', () => {
  test('asks for the events that it handles, and no others', () => {
    expect(balances().filter).toEqual([{ source: accountEvents.source, types: ['Deposited', 'Withdrawn'] }])
  })

  test('that handles batches asks for all events of its namespaces', () => {
    const projection = defineProjection({
      name: 'p',
      version: 1,
      events: accountEvents,
      handleBatch: () => undefined,
    })
    expect(projection.filter).toEqual([{ source: accountEvents.source, types: accountEvents.types }])
  })

  test('of several namespaces handles a type that they share by its name', () => {
    const others = defineEvents('https://example.com/other', { Deposited: event<{ cents: number }>() })
    const projection = defineProjection({
      name: 'p',
      version: 1,
      events: [accountEvents, others],
      handle: { Deposited: () => undefined },
    })
    expect(projection.filter).toEqual([
      { source: accountEvents.source, types: ['Deposited'] },
      { source: others.source, types: ['Deposited'] },
    ])
  })

  test('stops at the sixth failure, unless it says otherwise', () => {
    expect(balances().onFailure).toEqual({ retries: 5, then: 'stop', holdBack: false })
  })

  test.each([
    ['definition.name', { ...good, name: '' }],
    ['definition.version', { ...good, version: 0 }],
    ['definition.partitions', { ...good, partitions: 1.5 }],
    ['definition.tables', { ...good, tables: [] }],
    ['onFailure.retries', { ...good, onFailure: { retries: -1 } }],
    ['onFailure.then', { ...good, onFailure: { then: 'pray' } }],
    ['definition.replay', { ...good, replay: 'no' }],
    ['onFailure.holdBack', { ...good, onFailure: { then: 'park', holdBack: 1 } }],
    ['onFailure.holdBack', { ...good, onFailure: { then: 'skip', holdBack: true } }],
    ['onFailure.after', { ...good, onFailure: { after: 1 } }],
  ])('with %s of the wrong form is refused', (argument, definition) => {
    expect(define(definition)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
  })

  test.each([
    ['without events', { ...good, events: undefined }],
    ['without handlers', { ...good, handle: undefined }],
    ['with handlers of both kinds', { ...good, handleBatch: () => undefined }],
    ['with a handler for what no namespace defines', { ...good, handle: { Burnt: () => undefined } }],
    ['with a handler that is no function', { ...good, handle: { Closed: 'close' } }],
    ['with a hook that is no function', { ...good, create: 'create table' }],
    ['with more than 1,024 partitions', { ...good, partitions: 1_025 }],
    ['with a namespace twice', { ...good, events: [accountEvents, accountEvents] }],
  ])('%s is refused', (_, definition) => {
    expect(define(definition)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })
})

describe('the partition of an event', () => {
  test('is the documented hash', () => {
    // FNV-1a, 32 bits, of the bytes of "Account", NUL and "DE1".
    let hash = 2166136261n
    for (const byte of Buffer.from('Account\0DE1')) hash = ((hash ^ BigInt(byte)) * 16777619n) % 2n ** 32n
    expect(partitionOf({ aggregateType: 'Account', aggregateId: 'DE1' }, 1_000)).toBe(Number(hash % 1_000n))
  })

  test('spreads aggregates evenly', () => {
    const counts = [0, 0, 0, 0]
    for (let n = 0; n < 4_000; n++) {
      const partition = partitionOf({ aggregateType: 'Account', aggregateId: `DE${n}` }, 4)
      counts[partition] = (counts[partition] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})
