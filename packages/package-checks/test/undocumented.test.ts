import { expect, test } from '@jest/globals'
import { undocumented } from '../src/undocumented.ts'

const contract = `
// @public
export interface Closable {
    close(): Promise<void>;
}

// @public
export interface Store<Data, Read = (data: Data) => void> extends Closable {
    readonly capabilities: Capabilities;
    // (undocumented)
    head(): Promise<number>;
}
`

test('a member of a class needs a doc comment, also where the class implements an interface', () => {
  const report = `
// @public
export class FileStore<T extends object = Map<string, T>> implements Other, Store<T, (data: T) => void> {
    constructor(path: string);
    // (undocumented)
    readonly capabilities: Capabilities;
    // (undocumented)
    close(): Promise<void>;
    // (undocumented)
    get size(): number;
    // (undocumented)
    static open<T>(path: string): FileStore<T>;
    repair(): Promise<void>;
    // (undocumented)
    vacuum(): Promise<void>;
}
`
  const complaints = ['FileStore.size', 'FileStore.open', 'FileStore.vacuum']
  expect(undocumented(report, [contract, report])).toEqual(complaints)
})

test('a name, and a member of an interface, need a doc comment where they are exported', () => {
  const report = `
// @public (undocumented)
export const now: () => number;

// @public (undocumented)
type Inferred = {
    // (undocumented)
    value: string;
};
`
  expect(undocumented(contract, [contract])).toEqual(['Store.head'])
  expect(undocumented(report, [report])).toEqual(['now'])
})

test('an index signature is documented by the type around it', () => {
  const report = `
// @public
export interface Names {
    // (undocumented)
    [name: string]: string;
}
`
  expect(undocumented(report, [report])).toEqual([])
})
