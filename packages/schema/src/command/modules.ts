import { type AnyNamespace, type EventStore } from '@eventmill/core'
import { messageOf } from '@eventmill/core/adapter'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BadInput } from './bad-input.ts'

/** What some modules export, as far as the command has a use for it. */
export interface Exports {
  /** At least one, each with a source of its own. */
  readonly namespaces: readonly AnyNamespace[]
  /** A store, or what makes one; several where several modules export one. */
  readonly stores: readonly unknown[]
}

/**
 * Imports modules and finds the namespaces among their exports, also in lists. A store is what a module exports as
 * `store`, or else by default. Throws `BadInput`.
 */
export async function importModules(files: readonly string[]): Promise<Exports> {
  const modules: Module[] = []
  for (const file of files) modules.push(await importModule(file))
  const exported = modules.flatMap((module) => Object.values(module).flat())
  const namespaces = [...new Set(exported.filter(isNamespace))]
  if (namespaces.length === 0) {
    throw new BadInput(
      `${files.join(' and ')} exports no namespace: export const accountEvents = defineEvents('https://…', { … }); ` +
        'only exports themselves and lists of namespaces are looked at, not what other objects hold',
    )
  }
  for (const [index, { source }] of namespaces.entries()) {
    if (namespaces.findIndex((other) => other.source === source) !== index) {
      throw new BadInput(
        `two namespaces have the source ${source}: merge them, or give each a URI of its own`,
      )
    }
  }
  const stores = modules.map((module) => module.store ?? module.default)
  return { namespaces, stores: [...new Set(stores.filter((store) => isStore(store) || isFunction(store)))] }
}

/**
 * The one store among the exports, which a function may have to make first. Throws `BadInput`.
 */
export async function openStore({ stores }: Exports): Promise<EventStore> {
  const [exported, second] = stores
  if (exported === undefined) {
    throw new BadInput('no module exports a store: export const store = () => new PostgresStore({ client })')
  }
  if (second !== undefined) throw new BadInput('several modules export a store: name one of them')
  const store: unknown = isFunction(exported)
    ? await Promise.resolve()
        .then(exported)
        .catch((error: unknown) => {
          throw new BadInput(`the store cannot be made: ${messageOf(error)}`, { cause: error })
        })
    : exported
  if (isStore(store)) return store
  throw new BadInput('the exported function makes no store: it should return one, or a promise of one')
}

interface Module {
  readonly [name: string]: unknown
}

async function importModule(file: string): Promise<Module> {
  const path = resolve(file)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) throw new BadInput(`there is no file ${file}`)
  try {
    return (await import(pathToFileURL(path).href)) as Module
  } catch (error) {
    const untyped = (error as { readonly code?: unknown } | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const reason =
      untyped && /\.[cm]?ts$/.test(path)
        ? `Node ${process.versions.node} runs no TypeScript: use Node 22.18 or newer, or name the built JavaScript`
        : messageOf(error)
    throw new BadInput(`${file} cannot be imported: ${reason}`, { cause: error })
  }
}

/** Told by its shape: it may come from another copy of the package. */
function isNamespace(value: unknown): value is AnyNamespace {
  return (
    isObject(value) &&
    typeof value.source === 'string' &&
    Array.isArray(value.types) &&
    isObject(value.definitions)
  )
}

function isStore(value: unknown): value is EventStore {
  return isObject(value) && isFunction(value.readAll) && isFunction(value.head)
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null
}
