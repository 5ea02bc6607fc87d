import { afterAll, beforeAll, describe, test } from '@jest/globals'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import {
  GATE,
  lostBehindAnAppendInFlight,
  lostTo,
  type Proof,
  proveOn,
  readPass,
  type Scratch,
} from './scratch.ts'
import { type Session } from './session.ts'

// Each constraint on who writes is proven both ways: on the schema as it is shipped a scenario goes well, and where just
// that constraint is broken it does not.

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  // Nobody waits for long until a deadlock is noticed.
  pool = server.pool({ options: '-c deadlock_timeout=20ms' })
}, 60_000)
afterAll(() => server.stop())

function prove(proof: Proof): Promise<void> {
  return proveOn(pool, proof)
}

const W1 = '-- W1: all streams are locked, in one order, before anything is looked at.'
const LOCK = `ignored := pg_advisory_xact_lock_shared(
      $schema.signed_32('$schema.positions'::regclass::oid::bigint), $schema.signed_32($schema.last_position()));`
const W5 = '-- W5: in the order of the appends. From here on nothing waits for another transaction.'
const NEXTVAL = `positions := array[nextval('$schema.positions')];`

describe('W1: the streams of a batch are locked, in one order, before anything else', () => {
  test('so that who comes second adds to what the first has stored', () =>
    prove({
      scenario: async ({ session }) => {
        const [first, second] = [await session(), await session()]
        await first.append(['a'])
        await first.run('begin')
        await first.append(['a'])
        const appended = second.append(['a'])
        await second.waits()
        await first.run('commit')
        return outcome(await appended)
      },
      holds: [3],
      broken: [['for no key update skip locked;', ';']],
      fails: '23505',
    }))

  const opposite =
    (existing: boolean) =>
    async ({ session }: Scratch) => {
      const [holder, first, second] = [await session(), await session(), await session()]
      if (existing) await first.append(['a', 'm', 'z'])
      await holder.run('begin')
      await holder.append(['m'])
      const appended = [first.append(['a', 'm', 'z'])]
      await first.waits()
      appended.push(second.append(['z', 'm', 'a']))
      await second.waits()
      await holder.run('commit')
      const outcomes = await Promise.all(appended.map(async (answer) => outcome(await answer)))
      return outcomes.includes('40P01') ? 'deadlock' : outcomes
    }

  test('so that appends which name the same streams in opposite orders wait for each other once', () =>
    prove({
      scenario: opposite(true),
      holds: [
        [2, 3, 2],
        [3, 4, 3],
      ],
      broken: [
        ['order by s.aggregate_type, s.aggregate_id for no key update of s;', 'for no key update of s;'],
      ],
      fails: 'deadlock',
    }))

  test('so that appends which create the same streams in opposite orders do as well', () =>
    prove({
      scenario: opposite(false),
      holds: [
        [1, 2, 1],
        [2, 3, 2],
      ],
      broken: [
        [
          'order by n.type collate "C", n.id collate "C"\n        on conflict do nothing',
          'on conflict do nothing',
        ],
      ],
      fails: 'deadlock',
    }))
})

describe('W2: the ends of streams are looked up in a later statement than that which locks them', () => {
  test('so that what was stored while it waited is seen', () =>
    prove({
      scenario: async ({ session }) => {
        const [first, second] = [await session(), await session()]
        await first.append(['a'])
        await first.run('begin')
        await first.append(['a'])
        const appended = second.append(['a'])
        await second.waits()
        await first.run('commit')
        return outcome(await appended)
      },
      holds: [3],
      broken: [
        [
          `select l.keys, l.all_new into keys, all_new
      from $schema.locked_streams(stream_types, stream_ids, fresh and streams > 1, wait, patience) l;
  end if;

  -- W2: in a new statement, whose snapshot is newer than the locks.
  if all_new then`,
          `select l.keys, array[coalesce((
        select e.sequence from $schema.events e where e.stream = l.keys[1] order by e.sequence desc limit 1), 0)]
      into keys, generations
      from $schema.locked_streams(stream_types, stream_ids, fresh and streams > 1, wait, patience) l;
  end if;
  if generations is not null then
    null;
  elsif all_new then`,
        ],
      ],
      fails: '23505',
    }))
})

describe('W3: the key of the lock is the last position that was given out', () => {
  test('also where there was none yet', () =>
    prove({
      scenario: lostBehindAnAppendInFlight,
      holds: [],
      broken: [
        [`coalesce(pg_sequence_last_value('$schema.positions'), 0)`, 'last_value from $schema.positions'],
      ],
      fails: [1],
    }))
})

describe('W4: an append takes its lock, on every call, before its position', () => {
  test('so that readers wait for it', () =>
    prove({
      scenario: lostBehindAnAppendInFlight,
      holds: [],
      broken: [['ignored := pg_advisory_xact_lock_shared(', 'ignored := coalesce(']],
      fails: [1],
    }))

  test('so that there is no moment in which it has a position and no lock', () =>
    prove({
      scenario: async ({ session, gate }) => {
        const [writer, reader] = [await session(), await session()]
        const closed = await gate()
        const appended = writer.append(['a'])
        await closed.reached()
        const pass = await readPass(reader)
        await closed.open()
        await appended
        return lostTo(pass, reader)
      },
      shipped: [[W5, GATE]],
      holds: [],
      broken: [
        [NEXTVAL, 'null;'],
        [LOCK, `${NEXTVAL} ${GATE} ${LOCK.replace('last_position()', 'last_position() - 1')}`],
      ],
      fails: [1],
    }))

  test('and after all that it waits for, so that a wait for a stream keeps nobody from reading', () =>
    prove({
      scenario: async ({ session }) => {
        const [holder, waiting, other] = [await session(), await session(), await session()]
        await holder.append(['popular'])
        await holder.run('begin')
        await holder.run('select from $schema.streams for no key update')
        const appended = waiting.append(['popular'])
        await waiting.waits()
        await other.append(['other'])
        const [head] = await other.run('select $schema.head()')
        await holder.run('commit')
        await appended
        return Number(head)
      },
      holds: 2,
      broken: [[W1, LOCK]],
      fails: 1,
    }))
})

describe('W5: positions are given out after the streams are locked, in the order of the appends', () => {
  test('so that the events of a stream follow each other in the log as well', () =>
    prove({
      scenario: async ({ session }) => {
        const [holder, waiting] = [await session(), await session()]
        await holder.append(['a'])
        await holder.run('begin')
        await holder.run('select from $schema.streams for no key update')
        const appended = waiting.append(['a'])
        await waiting.waits()
        await holder.append(['a'])
        await holder.run('commit')
        await appended
        return positionsAlong(holder, 'sequence')
      },
      holds: [1, 2, 3],
      broken: [
        [NEXTVAL, 'null;'],
        [W1, NEXTVAL],
      ],
      fails: [1, 3, 2],
    }))

  test('so that what was called first comes first', () =>
    prove({
      scenario: async ({ session }) => {
        const writer = await session()
        await writer.append(['a'], ['a'], ['a'])
        return positionsAlong(writer, 'sequence')
      },
      holds: [1, 2, 3],
      broken: [
        [
          `select array_agg(nextval('$schema.positions')) into positions from generate_series(1, cardinality(tails));`,
          `select array_agg(n order by n desc) into positions
           from (select nextval('$schema.positions') n from generate_series(1, cardinality(tails))) given;`,
        ],
      ],
      fails: [3, 2, 1],
    }))
})

/** The generations of the streams of an append, or the SQLSTATE with which it was refused. */
function outcome(answer: Awaited<ReturnType<Session['append']>>): unknown {
  return 'sqlState' in answer ? answer.sqlState : answer.generations
}

async function positionsAlong(session: Session, column: string): Promise<readonly number[]> {
  return (await session.run(`select position from $schema.events order by ${column}`)).map(Number)
}
