import { readdir } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { BadInput } from './bad-input.ts'

/** Throws `BadInput` where no project can be put into a folder: it has to be empty, or not there yet. */
export async function checkFolder(folder: string): Promise<void> {
  if (resolve(folder).split(sep).includes('node_modules')) {
    throw new BadInput(
      `${folder} is beneath node_modules, where Node runs no TypeScript: choose another folder`,
    )
  }
  const found = await readdir(folder).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    throw new BadInput(`${folder} cannot be used (${code}): choose another name`)
  })
  // A repository that was just made is as good as empty.
  const others = found.filter((name) => name !== '.git')
  if (others.length > 0) {
    throw new BadInput(`${folder} is not empty: choose another name, or move away what is in it`)
  }
}
