import { type EventStore, hasCode } from '@eventmill/core'
import { type Fixture, type Rule } from '../rule.ts'
import { verify, verifyEqual } from '../verify.ts'
import { grow, noted, numbers, stream, to, upTo } from '../workload.ts'

/** What an append comes to when its connection fails. */
export const faultRules: readonly Rule[] = [
  cutRule('before', 'An append that never left is reported as stored.'),
  cutRule('during', 'Half of an append is stored, or it is stored and reported as failed.'),
  cutRule('after', 'The answer is lost, the caller tries again, and the money moves twice.'),
  {
    id: 'fault/late-statement',
    title: 'a statement that arrives after it was sent again is applied once',
    why: 'A network that delivers late, as networks do, doubles an order.',
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      const release = await fixture.faults?.holdUp(store)
      const append = [to(stream('a'), [noted(1)])]
      const held = store.append(append, { commitId: 'c' }).catch((error: unknown) => error)
      const again = await other.append(append, { commitId: 'c' })
      verifyEqual(again.events.length, 1, 'the number of events of the append that was sent again')
      release?.()
      await held
      verifyEqual(await numbers(other.readAll()), [1], 'the log once the late statement has arrived')
    },
  },
]

function cutRule(when: 'before' | 'during' | 'after', why: string): Rule {
  return {
    id: `fault/cut-${when}`,
    title: `an append whose connection is cut ${when} its commit is stored once, or reported as unknown and repeatable`,
    why,
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      for (const commitId of [undefined, 'given']) await survivesCut(fixture, when, commitId)
    },
  }
}

async function survivesCut(
  fixture: Fixture,
  when: 'before' | 'during' | 'after',
  commitId?: string,
): Promise<void> {
  const [store, other]: readonly EventStore[] = await Promise.all([fixture.connect(), fixture.connect()])
  if (store === undefined || other === undefined) return
  const target = stream(`cut ${when} ${commitId ?? 'without id'}`)
  await grow(other, target, 2)
  await fixture.faults?.cut(store, when)
  const append = [to(target, [noted(3), noted(4)])]
  let told = 'acknowledged'
  try {
    const { events } = await store.append(append, { commitId })
    verifyEqual(
      events.map(({ sequence }) => sequence),
      [3, 4],
      'the sequences of an append that was cut',
    )
  } catch (error) {
    verify(
      hasCode(error, 'APPEND_OUTCOME_UNKNOWN'),
      `an append that was cut should succeed or fail with APPEND_OUTCOME_UNKNOWN, but failed with ${String(error)}`,
    )
    told = 'repeated'
    await other.append(append, { commitId: error.commitId })
  }
  verifyEqual(
    await numbers(other.readStream(target)),
    upTo(4),
    `the stream after an append that was cut and ${told}`,
  )
}
