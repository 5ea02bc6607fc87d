import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BadInput } from './bad-input.ts'
import { type Choices } from './choices.ts'
import { packageName } from './package-name.ts'
import { projectFiles } from './project-files.ts'

/** Writes a project into a folder that is empty, or not there yet. Throws `BadInput`, and writes nothing, otherwise. */
export async function createProject(choices: Choices): Promise<void> {
  const { folder } = choices
  const files = await projectFiles(packageName(folder), choices)
  await refuseWhatIsThere(folder)
  for (const [path, text] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    // Never over what somebody else wrote in the meantime.
    await writeFile(file, text, { flag: 'wx' })
  }
}

async function refuseWhatIsThere(folder: string): Promise<void> {
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
