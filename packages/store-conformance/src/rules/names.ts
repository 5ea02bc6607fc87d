import { type Rule } from '../rule.ts'
import { verifyEqual, verifyRejects } from '../verify.ts'
import { collect, noted, numbers, source, stream, to } from '../workload.ts'

/** What may name a stream, a type and a commit. */
export const nameRules: readonly Rule[] = [
  {
    id: 'names/awkward',
    title: 'streams may bear any text: quotes, percent signs, newlines, look-alikes of SQL',
    why: 'A customer named O’Brien cannot order; one named after a statement drops a table.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const [index, name] of AWKWARD.entries()) {
        await store.append([to(stream(name), [noted(index)], 0)], { commitId: name })
      }
      for (const [index, name] of AWKWARD.entries()) {
        verifyEqual(
          await numbers(store.readStream(stream(name))),
          [index],
          `the stream ${JSON.stringify(name)}`,
        )
        const commit = await store.findCommit(stream(name), name)
        verifyEqual(commit?.events[0]?.aggregateId, name, `the stream of the commit ${JSON.stringify(name)}`)
      }
      const ids = (await collect(store.readAll())).map(({ aggregateId }) => aggregateId)
      verifyEqual(ids, AWKWARD, 'the ids in the log')
    },
  },
  {
    id: 'names/awkward-types',
    title: 'aggregate types, sources and event types may bear any text too, also in filters',
    why: 'A namespace with a quote in its query breaks every read model.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const [index, name] of AWKWARD.entries()) {
        await store.append([to(stream('a', name), [{ ...noted(index, name), source: `urn:x:${name}` }], 0)])
      }
      for (const [index, name] of AWKWARD.entries()) {
        for (const item of [{ aggregateTypes: [name] }, { types: [name] }, { source: `urn:x:${name}` }]) {
          verifyEqual(
            await numbers(store.readAll({ filter: [item] })),
            [index],
            `a read with ${JSON.stringify(item)}`,
          )
        }
      }
    },
  },
  {
    id: 'names/look-alikes',
    title: 'names are told apart to the letter: case, accents, spaces at the end, composed or not',
    why: 'Two customers share one account.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const [index, name] of LOOK_ALIKES.entries()) {
        await store.append([to(stream(name), [noted(index)], 0)])
      }
      for (const [index, name] of LOOK_ALIKES.entries()) {
        verifyEqual(
          await numbers(store.readStream(stream(name))),
          [index],
          `the stream ${JSON.stringify(name)}`,
        )
      }
      await store.append([to(stream('c', 'ab'), [noted(1)], 0)])
      await store.append([to(stream('bc', 'a'), [noted(2)], 0)])
      verifyEqual(
        await numbers(store.readStream(stream('c', 'ab'))),
        [1],
        'a stream whose type and id run together',
      )
    },
  },
  {
    id: 'names/look-alike-types',
    title: 'types, sources and commit ids are told apart to the letter too, also in filters',
    why: 'A collation that was set for ids alone gives read models the events of others.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const [index, name] of LOOK_ALIKES.entries()) {
        const event = { ...noted(index, name), source: `urn:x:${name}` }
        await store.append([to(stream('same', name), [event], 0)])
        const { repeated } = await store.append([to(stream('commits'), [noted(index)])], { commitId: name })
        verifyEqual(repeated, false, `repeated, under the commit id ${JSON.stringify(name)},`)
      }
      for (const [index, name] of LOOK_ALIKES.entries()) {
        verifyEqual(
          await numbers(store.readStream(stream('same', name))),
          [index],
          `the stream of type ${JSON.stringify(name)}`,
        )
        for (const item of [{ aggregateTypes: [name] }, { types: [name] }, { source: `urn:x:${name}` }]) {
          verifyEqual(
            await numbers(store.readAll({ filter: [item] })),
            [index],
            `a read with ${JSON.stringify(item)}`,
          )
        }
      }
    },
  },
  {
    id: 'names/longest',
    title: 'names of 1,024 bytes are kept apart to their last letter',
    why: 'Long ids are cut off, and two streams become one.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const names = [`${'x'.repeat(1023)}1`, `${'x'.repeat(1023)}2`, 'é'.repeat(512), '🎉'.repeat(256)]
      for (const [index, name] of names.entries()) {
        const event = { ...noted(index, name), source: name }
        await store.append([to(stream(name, name), [event], 0)], { commitId: name })
      }
      for (const [index, name] of names.entries()) {
        const events = await collect(store.readStream(stream(name, name)))
        verifyEqual(
          events.map(({ data }) => data),
          [{ n: index }],
          'a stream with a name of 1,024 bytes',
        )
        verifyEqual([events[0]?.source, events[0]?.type], [name, name], 'its source and type')
        verifyEqual(
          (await store.findCommit(stream(name, name), name))?.events.length,
          1,
          'a commit id of 1,024 bytes',
        )
      }
    },
  },
  {
    id: 'names/too-long',
    title: 'names of 1,025 bytes, with NUL or with half a character are refused as ARGUMENT_INVALID',
    why: 'They are cut off, or fail deep inside a database with a message about encodings.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const name of ['x'.repeat(1025), `${'é'.repeat(512)}x`, 'a\0b', 'a\ud83d']) {
        const fine = to(stream('a'), [noted(1)])
        const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
          ['an append to such an id', () => store.append([{ ...fine, stream: stream(name) }])],
          ['an append to such a type', () => store.append([{ ...fine, stream: stream('a', name) }])],
          ['an event of such a type', () => store.append([{ ...fine, events: [noted(1, name)] }])],
          [
            'an event of such a source',
            () => store.append([{ ...fine, events: [{ ...noted(1), source: name }] }]),
          ],
          ['an append under such a commit id', () => store.append([fine], { commitId: name })],
          ['a read of such an id', () => collect(store.readStream(stream(name)))],
          ['a search for such a commit', () => store.findCommit(stream('a'), name)],
          ['a filter for such a type', () => collect(store.readAll({ filter: [{ types: [name] }] }))],
        ]
        for (const [what, call] of calls) await verifyRejects(call(), 'ARGUMENT_INVALID', what)
      }
      verifyEqual(await store.head(), 0, 'the head after refused names')
      await store.append([to(stream('a'), [{ ...noted(1), source }])])
    },
  },
]

const LOOK_ALIKES: readonly string[] = [
  'a',
  'A',
  'a ',
  ' a',
  'á',
  'a\u0301',
  '\u00e1 ',
  'ａ',
  'a\u200b',
  'ss',
  'ß',
  '1',
  '01',
  '1.0',
]

const AWKWARD: readonly string[] = [
  `O'Brien`,
  `"quoted"`,
  '`ticked`',
  `'; drop table events; --`,
  `' or '1'='1`,
  '%',
  '_',
  '\\',
  '\\x00',
  '$1',
  ':name',
  '?',
  'new\nline',
  'tab\t',
  ' ',
  '.',
  '../..',
  'a/b',
  'a:b',
  'a,b',
  '{"json":1}',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '👩‍👩‍👧',
  '漢字',
  '\u202eevil',
]
