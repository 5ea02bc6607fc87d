import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PostgresProjectionStore, schemaSql, type SqlClient } from '@eventmill/projections-postgres'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectionStoreRules, type StoreOfWords } from '../../projections/test/projection-store-rules.ts'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'

let server: PostgresServer
let pglite: PGlite
beforeAll(async () => {
  ;[server, pglite] = await Promise.all([startPostgres(), PGlite.create()])
}, 60_000)
afterAll(async () => {
  await pglite.close()
  await server.stop()
})

let schemas = 0

async function storeOfWords(
  client: SqlClient & ConstructorParameters<typeof PostgresProjectionStore>[0]['client'],
): Promise<StoreOfWords<SqlClient>> {
  const schema = `it's "${++schemas}"; $schema`
  const table = `words_${schemas}`
  const store = new PostgresProjectionStore({ client, schema })
  await store.migrate()
  await client.query(`create table ${table} (number serial, word text)`)
  return {
    store,
    write: async (target, word) => {
      await target.query(`insert into ${table} (word) values ($1)`, [word])
    },
    read: async () => {
      const { rows } = await client.query(`select word from ${table} order by number`)
      return (rows as { word: string }[]).map(({ word }) => word)
    },
  }
}

projectionStoreRules('a PostgresProjectionStore on a server', {
  create: () => storeOfWords(server.pool({ max: 5 })),
  undoes: true,
  concurrent: true,
})

projectionStoreRules('a PostgresProjectionStore on a PGlite', {
  create: () => storeOfWords(pglite),
  undoes: true,
  concurrent: false,
})

describe('the tables', () => {
  test('are those of schema.sql, which npm run schema writes', () => {
    const written = readFileSync(join(import.meta.dirname, '../schema.sql'), 'utf8')
    expect(written).toBe(schemaSql('eventmill_projections'))
  })

  test('are made once, however many begin at the same time', async () => {
    const pool = server.pool({ max: 20 })
    const store = () => new PostgresProjectionStore({ client: pool, schema: 'at once' })
    await Promise.all(Array.from({ length: 20 }, () => store().migrate()))
    const { rows } = await pool.query('select version from "at once".migrations')
    expect(rows).toEqual([{ version: 1 }])
  })

  test('are asked for where they are missing', async () => {
    const store = new PostgresProjectionStore({ client: server.pool(), schema: 'missing' })
    const preparing = store.prepare({ name: 'p', version: 1 }, 1, async () => undefined)
    await expect(preparing).rejects.toMatchObject({ code: 'MIGRATION_REQUIRED', found: 0, required: 1 })
  })
})

test.each([
  ['options.client', { client: {} }],
  ['options.client', { client: undefined }],
  ['options.schema', { schema: '' }],
  ['options.idleTimeout', { idleTimeout: 0 }],
  ['options.table', { table: 'x' }],
])('%s of the wrong form is refused', (argument, options) => {
  const create = () => new PostgresProjectionStore({ client: pglite, ...(options as object) })
  expect(create).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
})
