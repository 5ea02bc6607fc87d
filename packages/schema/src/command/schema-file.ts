import { messageOf } from '@eventmill/core/adapter'
import { readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { type StoredSchemas } from '../on-file/stored-schemas.ts'
import { BadInput } from './bad-input.ts'

/** The schemas that a file holds; `undefined` where there is no such file. Throws `BadInput`. */
export async function readSchemas(file: string): Promise<StoredSchemas | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new BadInput(`${file} cannot be read: ${messageOf(error)}`)
  })
  if (text === undefined) return undefined
  const content = parsed(file, text)
  if (isStoredSchemas(content)) return content
  throw new BadInput(`${file} holds no schemas by namespace, type and version: ${MEND}`)
}

/** Puts a whole file in the place of the old one, so that nobody finds half of it. Throws `BadInput`. */
export async function writeSchemas(file: string, schemas: StoredSchemas): Promise<void> {
  // The file may be a link, which stays.
  const target = await realpath(file).catch(() => file)
  const temporary = `${target}.${process.pid}.tmp`
  try {
    await writeFile(temporary, `${JSON.stringify(schemas, null, 2)}\n`)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw new BadInput(`${file} cannot be written: ${messageOf(error)}`)
  }
}

const MEND = 'take it from version control, or name another one by --file'

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadInput(`${file} is not JSON (${messageOf(error)}): ${MEND}`)
  }
}

function isStoredSchemas(content: unknown): content is StoredSchemas {
  return areAll(content, (types) =>
    areAll(types, (versions) =>
      areAll(versions, (schema, version) => /^[1-9]\d*$/.test(version) && areAll(schema, () => true)),
    ),
  )
}

/** Whether it is an object, and what its properties hold is right. */
function areAll(value: unknown, isRight: (value: unknown, key: string) => boolean): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(value).every(([key, each]) => isRight(each, key))
  )
}
