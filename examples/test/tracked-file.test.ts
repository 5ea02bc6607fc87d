import { describe, expect, test } from '@jest/globals'
import { fileId } from '../src/git-history/tracked-file.ts'

describe('the id of a path', () => {
  test('is the path, where that is text that a store takes for an id', () => {
    for (const path of ['a', 'grüße/日本語/🐢', 'line\nfeed', 'é'.repeat(512)]) {
      expect(fileId(Buffer.from(path))).toBe(path)
    }
  })

  test('is its own, also where the bytes are no UTF-8, or too many', () => {
    const paths = [
      Buffer.from([0xe9]),
      Buffer.from([0xe8]),
      Buffer.from('\ufffd'),
      Buffer.from('é'),
      Buffer.alloc(1025, 'a'),
      Buffer.alloc(1026, 'a'),
      Buffer.alloc(1000, 0xe9),
      Buffer.alloc(1001, 0xe9),
    ]
    const ids = paths.map(fileId)
    expect(new Set(ids).size).toBe(paths.length)
    for (const id of ids) expect(Buffer.byteLength(id)).toBeLessThanOrEqual(1024)
  })
})
