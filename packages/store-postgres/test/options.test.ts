import { PGlite } from '@electric-sql/pglite'
import { describe, expect, test } from '@jest/globals'
import { PostgresStore, type PostgresStoreOptions } from '@eventmill/store-postgres'
import { EventEmitter } from 'node:events'
import pg from 'pg'
import { conditionOf } from '../src/reading/filter.ts'

const pool = new pg.Pool({ host: 'nowhere.invalid' })

test('a connection that ends as soon as it is there ends no process, however many stores share its pool', () => {
  const shared = new pg.Pool({ host: 'nowhere.invalid' })
  for (let n = 0; n < 20; n++) new PostgresStore({ client: shared })
  const client = new EventEmitter()
  shared.emit('connect', client)
  expect(client.listenerCount('error')).toBe(1)
  expect(() => client.emit('error', new Error('it has ended'))).not.toThrow()
})

describe('options', () => {
  test.each([
    ['options', undefined],
    ['options.client', {}],
    ['options.client', { client: 'postgres://user:secret@host/database' }],
    ['options.client', { client: new pg.Client() }],
    ['options.schema', { client: pool, schema: '' }],
    ['options.schema', { client: pool, schema: 'a\0b' }],
    ['options.schema', { client: pool, schema: 'pg_mine' }],
    ['options.schema', { client: pool, schema: 'ä'.repeat(32) }],
    ['options.prepare', { client: pool, prepare: 'no' }],
    ['options.timeouts', { client: pool, timeouts: 5 }],
    ['options.timeouts.operation', { client: pool, timeouts: { operation: 0 } }],
    ['options.timeouts.statement', { client: pool, timeouts: { statement: Infinity } }],
    ['options.timeouts.statment', { client: pool, timeouts: { statment: 5 } }],
    ['options.shema', { client: pool, shema: 'eventmill' }],
  ])('that are wrong in %s are refused, and named', (argument, options) => {
    const construct = () => new PostgresStore(options as unknown as PostgresStoreOptions)
    expect(construct).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
    expect(construct).not.toThrow('secret')
  })

  test('of a filter are refused where they are too many for a statement', () => {
    const filter = Array.from({ length: 1_001 }, (_, n) => ({ source: `urn:x:${n}` }))
    expect(() => conditionOf(filter, '"any"', 3)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'options.filter' }),
    )
    expect(conditionOf(filter.slice(1), '"any"', 3).values).toHaveLength(1_000)
  })

  test('say what the store is: on a server it is as durable as that, in a PGlite as its process', async () => {
    const pglite = new PGlite()
    const capabilities = { multiStream: true, push: true, commitIds: 'forever' }
    expect(new PostgresStore({ client: pool }).capabilities).toEqual({ ...capabilities, durable: 'machine' })
    expect(new PostgresStore({ client: pglite }).capabilities).toEqual({
      ...capabilities,
      durable: 'process',
    })
    await pglite.close()
  })
})
