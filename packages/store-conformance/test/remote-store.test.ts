import { describe, expect, test } from '@jest/globals'
import { remoteStore, serveStore } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'
import { MessageChannel } from 'node:worker_threads'

const stream = { aggregateType: 'A', aggregateId: 'a' }
const event = { source: 'urn:x:y', type: 'Made', version: 1, data: { n: 1 } }

async function connected() {
  const { port1, port2 } = new MessageChannel()
  const inner = new InMemoryStore()
  serveStore(port1, inner)
  return { inner, port1, port2, store: await remoteStore(port2) }
}

describe('a remote store', () => {
  test('does what the store at the other end does, but for waiting', async () => {
    const { inner, port1, store } = await connected()
    expect(store.capabilities).toEqual({ ...inner.capabilities, push: false })
    const signal = new AbortController().signal
    const result = await store.append([{ stream, expected: 0, events: [event] }], { commitId: 'c', signal })
    expect(await Array.fromAsync(store.readAll())).toEqual(result.events)
    expect(await Array.fromAsync(store.readStream(stream, { after: 1 }))).toEqual([])
    expect(await store.findCommit(stream, 'c')).toEqual({ ...result, repeated: true })
    expect(await store.head()).toBe(1)
    await expect(store.append([{ stream, expected: 0, events: [] }])).rejects.toEqual(
      expect.objectContaining({ code: 'GENERATION_CONFLICT', stream, expected: 0, actual: 1 }),
    )
    await store.close()
    await expect(store.head()).rejects.toHaveProperty('code', 'STORE_CLOSED')
    port1.close()
  })

  test('passes on what it can of an error that cannot be cloned', async () => {
    const { inner, port1, store } = await connected()
    const error = Object.assign(new Error('lost'), { code: 'ECONNRESET', client: () => 0 })
    inner.head = () => Promise.reject(error)
    await expect(store.head()).rejects.toMatchObject({ message: 'lost', code: 'ECONNRESET' })
    port1.close()
  })

  test('fails what waits for an answer when the other end is gone', async () => {
    const { inner, port1, port2, store } = await connected()
    inner.head = () => new Promise(() => undefined)
    const waiting = store.head()
    port2.emit('exit', 1)
    await expect(waiting).rejects.toThrow('the other end of the port is gone (exit: 1)')
    port1.close()
  })
})
