import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type DomainEvent } from '@eventmill/core'
import { type Claim, type VersionId } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'

let server: PostgresServer
let owner: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  owner = server.pool({ max: 2 })
  await owner.query(`
    create role projector login password 'password';
    create role successor login password 'password';
    create role read_models`)
}, 60_000)
afterAll(async () => {
  await owner.query(
    `drop owned by projector, successor, read_models; drop role projector, successor, read_models`,
  )
  await server.stop()
}, 60_000)

const guide = readFileSync(new URL('../../../docs/postgres.md', import.meta.url), 'utf8')
const [grants = ''] = /grant usage on schema eventmill_projections to app;.*?(?=```)/s.exec(guide) ?? []

/** A store of a user who has the rights that docs/postgres.md grants, and may make tables. */
async function storeOf(user: string): Promise<PostgresProjectionStore> {
  await new PostgresProjectionStore({ client: owner }).migrate()
  await owner.query(grants.replaceAll('to app;', `to ${user};`))
  await owner.query(`grant create on schema public to ${user}`)
  return new PostgresProjectionStore({ client: server.pool({ max: 3, user, password: 'password' }) })
}

/** Makes a table for each version, and a view of the one that serves. Both belong to `role`, if that is given. */
function hooks(version: number, role?: string) {
  const own = role === undefined ? [] : [`alter table words_${version} owner to ${role}`]
  const ownView = role === undefined ? [] : [`alter view words owner to ${role}`]
  const run = (...statements: readonly string[]) => {
    return async (sql: SqlClient) => {
      for (const statement of statements) await sql.query(statement)
    }
  }
  return {
    create: run(`create table words_${version} (word text)`, ...own),
    serve: run(`create or replace view words as select * from words_${version}`, ...ownView),
    drop: run(`drop table words_${version}`),
  }
}

const event: DomainEvent = {
  aggregateType: 'Note',
  aggregateId: 'a',
  sequence: 1,
  position: 1,
  id: 'e7a9f1c2-0000-7000-8000-000000000000',
  time: '2026-01-01T00:00:00.000Z',
  source: 'https://example.com/note',
  type: 'Noted',
  version: 1,
  data: {},
  metadata: {},
}

const v1: VersionId = { name: 'words', version: 1 }
const v2: VersionId = { name: 'words', version: 2 }
const START = [0]

async function claimed(store: PostgresProjectionStore, version: VersionId): Promise<Claim> {
  const [claim] = await store.claim('runner', [version], 60_000)
  if (claim === undefined) throw new Error('nothing is claimed')
  return claim
}

test('the rights that docs/postgres.md grants are enough for all that projections do', async () => {
  const store = await storeOf('projector')
  await store.migrate() // There is nothing to do.
  await store.prepare(v1, START, hooks(1))
  await store.commit(await claimed(store, v1), 1, async ({ target, park, parkedStreams }) => {
    await target.query(`insert into words_1 values ('word')`)
    await park(event, 'why')
    expect((await parkedStreams([event])).size).toBe(1)
  })
  const [parked] = await store.parked(v1, 1)
  if (parked === undefined) throw new Error('nothing is parked')
  expect(await store.unpark(parked, async () => undefined)).toBe(true)
  await store.prepare(v2, START, hooks(2))
  await store.commit(await claimed(store, v2), 1, async () => undefined)
  expect(await store.serve(v2, { atLeast: 1, lost: [] }, hooks(2).serve)).toBe('switched')
  await store.leave('runner')
  await store.drop(v1, false, hooks(1).drop)
  expect(await store.states(['words'])).toMatchObject([{ version: 2, serving: true, parked: 0 }])
  await store.drop(v2, true, async (sql) => {
    await sql.query('drop view words')
    await hooks(2).drop(sql)
  })
  expect(await store.states(['words'])).toEqual([])
})

test('whoever starts a new version may replace the view of another user where both are members of its owner', async () => {
  for (const shared of [undefined, 'read_models']) {
    await owner.query(`drop view if exists words; drop table if exists words_1, words_2;
      drop schema eventmill_projections cascade`)
    const [before, after] = [await storeOf('projector'), await storeOf('successor')]
    if (shared !== undefined) {
      await owner.query(
        `grant read_models to projector, successor; grant create on schema public to read_models`,
      )
    }
    await before.prepare(v1, START, hooks(1, shared))
    await after.prepare(v2, START, hooks(2, shared))
    await after.commit(await claimed(after, v2), 1, async () => undefined)
    const serving = after.serve(v2, { atLeast: 1, lost: [] }, hooks(2, shared).serve)
    if (shared === undefined) await expect(serving).rejects.toThrow('must be owner of view words')
    else expect(await serving).toBe('switched')
  }
})
