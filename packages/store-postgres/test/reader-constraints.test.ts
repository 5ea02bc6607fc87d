import { afterAll, describe, expect, test } from '@jest/globals'
import { PostgresStore } from '@eventmill/store-postgres'
import { startPostgres } from './postgres-server.ts'
import { type Change } from './schema-variant.ts'
import {
  GATE,
  inScratch,
  lostBehindAnAppendInFlight,
  lostTo,
  type Proof,
  proveOn,
  readPass,
  type Scratch,
} from './scratch.ts'
import { Session, sqlStateOf, to } from './session.ts'
import { startStandby } from './standby.ts'

// Each constraint on who reads is proven both ways: on the schema as it is shipped a scenario goes well, and where just
// that constraint is broken it does not.

const server = await startPostgres({ max_prepared_transactions: 10 })
const pool = server.pool()
// A server of somebody else's may be set up without prepared transactions, and cannot be copied.
const { rows } = await pool.query<{ most: number }>(
  `select current_setting('max_prepared_transactions')::integer as most`,
)
const whereItPrepares = where(rows[0]?.most !== 0, 'this server has max_prepared_transactions = 0')
const standby = server.folder === undefined ? undefined : await startStandby(server)
const whereAStandbyIs = where(standby !== undefined, 'this server cannot be copied')
const standbyPool = standby?.pool() ?? pool
afterAll(async () => {
  await standby?.stop()
  await server.stop()
})

/** Tests what needs something, or skips it and says why. */
function where(given: boolean, otherwise: string): (name: string, run: () => Promise<void>) => void {
  return (name, run) => {
    if (given) test(name, run)
    else test.skip(`${name} (skipped: ${otherwise})`, run)
  }
}

function prove(proof: Proof): Promise<void> {
  return proveOn(pool, proof)
}

const R2 = '-- R2, strictly after R1'
const HORIZON = 'return least(last, lowest);'

describe('R0: a standby knows no horizon, since it shows no locks', () => {
  whereAStandbyIs('so that it tells none', () =>
    prove({
      scenario: async ({ schema, session }) => {
        const [slow, fast] = [await session(), await session()]
        const reader = await Session.open(standbyPool, schema)
        await slow.run('begin')
        await slow.append(['slow'])
        await fast.append(['fast'])
        await arrives(reader)
        const pass = await readPass(reader).catch(sqlStateOf)
        reader.close()
        await slow.run('commit')
        return typeof pass === 'object' ? lostTo(pass, fast) : pass
      },
      holds: '55000',
      broken: [['if pg_is_in_recovery() then', 'if false then']],
      fails: [1],
    }),
  )

  whereAStandbyIs('so that the store refuses it, and says where to connect', () =>
    inScratch(pool, [], async ({ schema, session }) => {
      const writer = await session()
      await writer.append(['a'])
      const replica = await Session.open(standbyPool, schema)
      await arrives(replica)
      replica.close()
      const store = new PostgresStore({ client: standbyPool, schema })
      const refused = { code: 'STORE_REFUSED', message: expect.stringContaining('connect to the primary') }
      await expect(store.head()).rejects.toMatchObject(refused)
      await expect(store.append([to('a')])).rejects.toMatchObject(refused)
      await store.close()
    }),
  )
})

describe('R1, R2: the last position is read before the locks', () => {
  test('so that an append which begins in between is minded', () =>
    prove({
      scenario: async ({ session, gate }) => {
        const [slow, fast, reader] = [await session(), await session(), await session()]
        const closed = await gate()
        const passed = readPass(reader)
        await closed.reached()
        await slow.run('begin')
        await slow.append(['slow'])
        await fast.append(['fast'])
        await closed.open()
        const pass = await passed
        await slow.run('commit')
        return lostTo(pass, reader)
      },
      shipped: [[R2, GATE]],
      holds: [],
      broken: [[HORIZON, `${GATE} last := $schema.last_position(); ${HORIZON}`]],
      fails: [1],
    }))
})

describe('R2: the lowest lock counts', () => {
  whereItPrepares('also that of a prepared transaction, which has no process', () =>
    prove({
      scenario: async ({ schema, session }) => {
        const [writer, other, reader] = [await session(), await session(), await session()]
        await writer.run('begin')
        await writer.append(['prepared'])
        await writer.run(`prepare transaction '${schema}'`)
        await other.append(['other'])
        const pass = await readPass(reader)
        await writer.run(`commit prepared '${schema}'`)
        return lostTo(pass, reader)
      },
      holds: [],
      broken: [['from pg_locks l\n', 'from pg_locks l join pg_stat_activity using (pid)\n']],
      fails: [1],
    }),
  )

  test('also one that is not granted yet', () =>
    prove({
      scenario: async ({ session }) => {
        const [stranger, writer, reader] = [await session(), await session(), await session()]
        await stranger.run(`select pg_advisory_lock('$schema.positions'::regclass::oid::integer, 0)`)
        const appended = writer.append(['a'])
        await writer.waits()
        await reader.run(`select nextval('$schema.positions')`)
        const { horizon } = await readPass(reader)
        await stranger.run('select pg_advisory_unlock_all()')
        await appended
        return horizon
      },
      holds: 0,
      broken: [
        [`l.locktype = 'advisory' and`, `l.locktype = 'advisory' and l.granted and l.mode = 'ShareLock' and`],
      ],
      fails: 1,
    }))

  const key = 'last + $schema.signed_32(l.objid::bigint - (last & 4294967295))'
  test.each([
    [2 ** 31, 'last + $schema.signed_32(l.objid::bigint) - $schema.signed_32(last)'],
    [2 ** 32, 'last - (last & 4294967295) + l.objid::bigint'],
    [2 ** 33, 'last - (last & 4294967295) + l.objid::bigint'],
  ])('also where its key, of which 32 bits are known, is on the other side of %d', (limit, decoded) =>
    prove({
      scenario: async (scratch) => {
        const setter = await scratch.session()
        await setter.run(`select setval('$schema.positions', $1)`, [limit - 1])
        return lostBehindAnAppendInFlight(scratch)
      },
      holds: [],
      broken: [[key, decoded]],
      fails: [limit],
    }),
  )

  test.each<{
    readonly what: string
    readonly lock: string
    readonly database?: string
    readonly without: string
  }>([
    {
      what: 'a lock of something else',
      lock: `'$schema.events'::regclass::oid::integer, 0`,
      without: `and l.classid = '$schema.positions'::regclass::oid`,
    },
    {
      what: 'a lock on one number that has the same halves',
      lock: `'$schema.positions'::regclass::oid::bigint << 32`,
      without: 'and l.objsubid = 2',
    },
    {
      what: 'a lock in another database',
      lock: `'$schema.positions'::regclass::oid::integer, 0`,
      database: 'template1',
      without: 'and l.database = (select d.oid from pg_database d where d.datname = current_database())',
    },
  ])('but not $what', ({ lock, database, without }) =>
    prove({
      scenario: async ({ session }) => {
        const writer = await session()
        await writer.append(['a'])
        const [numbers] = await writer.run(`select concat_ws(', ', ${lock})`)
        const stranger = server.pool({ max: 1, ...(database !== undefined && { database }) })
        await stranger.query(`select pg_advisory_lock(${String(numbers)})`)
        const { seen } = await readPass(writer)
        await stranger.end()
        return seen
      },
      holds: [1],
      broken: [[without, '']],
      fails: [],
    }),
  )
})

describe('R3: what the horizon covers is read in a later statement', () => {
  test('with a snapshot of its own, as the store does', async () => {
    const scenario =
      (read: (scratch: Scratch) => Promise<readonly number[]>) =>
      async (scratch: Scratch): Promise<readonly number[]> => {
        const writer = await scratch.session()
        const gate = await scratch.gate()
        const reading = read(scratch)
        await gate.reached()
        await writer.append(['a'])
        await gate.open()
        return reading
      }
    const shipped = scenario(async ({ schema }) => {
      const store = new PostgresStore({ client: pool, schema })
      const events = await Array.fromAsync(store.readAll())
      await store.close()
      return events.map(({ position }) => position)
    })
    const atOnce = scenario(async ({ session }) => {
      const reader = await session()
      const positions = await reader.run(
        'select position from $schema.events, (select $schema.horizon() as upto offset 0) h where position <= upto',
      )
      return positions.map(Number)
    })
    const changes: readonly Change[] = [['-- R1\n', `${GATE}\n`]]
    expect(await inScratch(pool, changes, shipped)).toEqual([1])
    expect(await inScratch(pool, changes, atOnce)).toEqual([])
  })

  test('which REPEATABLE READ would not give it, so that it is refused', () =>
    prove({
      scenario: async ({ session }) => {
        const [reader, writer] = [await session(), await session()]
        await reader.run('begin isolation level repeatable read')
        await reader.run('select from $schema.events')
        await writer.append(['a'])
        try {
          const pass = await readPass(reader)
          return await lostTo(pass, writer)
        } catch (error) {
          return String(error)
        }
      },
      holds: 'error: eventmill reads under read committed, not under repeatable read',
      broken: [
        [
          `if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'eventmill reads`,
          `if false then
    raise exception 'eventmill reads`,
        ],
      ],
      fails: [1],
    }))
})

describe('R4: a horizon stays valid', () => {
  test('so that a pass of many pages takes it once, and passes over nothing that comes meanwhile', () =>
    prove({
      scenario: async ({ schema, session }) => {
        const [slow, fast] = [await session(), await session()]
        await fast.append(...Array.from({ length: 2_001 }, () => ['a']))
        const store = new PostgresStore({ client: pool, schema })
        let checkpoint = 0
        for await (const { position } of store.readAll()) {
          if (position === 1) {
            await slow.run('begin')
            await slow.append(['slow'])
            await fast.append(['fast'])
          }
          checkpoint = position
        }
        await slow.run('commit')
        const rest = await Array.fromAsync(store.readAll({ after: checkpoint }))
        await store.close()
        return rest.map(({ aggregateId }) => aggregateId)
      },
      holds: ['slow', 'fast'],
      broken: [[HORIZON, 'return last + 9;']],
      fails: [],
    }))
})

describe('R5: the head is the position of an event', () => {
  test('so that nobody notes a position which may be given out again after a crash', () =>
    prove({
      scenario: async ({ session }) => {
        const [writer, reader] = [await session(), await session()]
        await writer.run('begin')
        await writer.append(['a'])
        await writer.run('rollback')
        const [checkpoint] = await reader.run('select $schema.head()')
        // What a crash may do, since nothing of a transaction that was rolled back has to be on the disk.
        await writer.run(`select setval('$schema.positions', 1, false)`)
        await writer.append(['b'])
        const seen = await reader.run('select position from $schema.events where position > $1', [checkpoint])
        return seen.map(Number)
      },
      holds: [1],
      broken: [
        [
          'return coalesce((select max(position) from $schema.events where position <= horizon), 0);',
          'return horizon;',
        ],
      ],
      fails: [],
    }))
})

/** Resolves once an event has come to the standby. */
async function arrives(replica: Session): Promise<void> {
  for (const deadline = performance.now() + 5_000; performance.now() < deadline;) {
    // Before the schema itself has come, it is an error.
    const events = await replica.run('select position from $schema.events').catch(() => [])
    if (events.length > 0) return
  }
  throw new Error('the standby does not follow')
}
