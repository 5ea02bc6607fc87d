import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PostgresStore } from '@eventmill/store-postgres'
import { readFileSync } from 'node:fs'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

test('what docs/postgres.md says in SQL runs, with the privileges that it grants and no others', async () => {
  const guide = readFileSync(new URL('../../../docs/postgres.md', import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql)
  expect(blocks).toHaveLength(4)
  const [grants = '', ...queries] = blocks
  const owner = server.pool({ max: 2 })
  await owner.query(
    `drop schema if exists eventmill cascade; drop role if exists app; create role app login password 'app'`,
  )
  await new PostgresStore({ client: owner }).migrate()

  const client = server.pool({ max: 3, user: 'app', password: 'app' })
  const store = new PostgresStore({ client })
  const deposit = { source: 'https://example.com/account', type: 'Deposited', version: 1, data: { cents: 5 } }
  const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
  const append = () => store.append([{ stream, expected: 'any', events: [deposit] }], { commitId: 'once' })
  await expect(append()).rejects.toMatchObject({ code: 'STORE_REFUSED', sqlState: '42501' })
  await owner.query(grants)
  expect((await append()).repeated).toBe(false)
  expect((await append()).repeated).toBe(true)
  await store.waitForAppend(0, new AbortController().signal)

  const answers: unknown[] = []
  for (const statement of queries.join('\n').split(';')) {
    if (statement.replace(/--.*/g, '').trim() === '') continue
    answers.push((await client.query<{ [key: string]: unknown }>(statement)).rows[0])
  }
  expect(answers).toEqual([
    { head: '1', max: '1' },
    undefined,
    { pg_size_pretty: expect.stringMatching(/kB$/) },
    expect.objectContaining({ type: 'Deposited', cents: '5' }),
    { horizon: '1' },
    undefined,
  ])
  await store.close()
  await owner.query('drop schema eventmill cascade; drop role app')
})
