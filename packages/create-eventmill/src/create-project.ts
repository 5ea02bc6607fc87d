import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Choices } from './choices.ts'
import { checkFolder } from './folder.ts'
import { packageName } from './package-name.ts'
import { projectFiles } from './project-files.ts'

/** Writes a project into a folder that is empty, or not there yet. Throws `BadInput`, and writes nothing, otherwise. */
export async function createProject(choices: Choices): Promise<void> {
  const { folder } = choices
  const files = await projectFiles(packageName(folder), choices)
  await checkFolder(folder)
  for (const [path, text] of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    // Never over what somebody else wrote in the meantime.
    await writeFile(file, text, { flag: 'wx' })
  }
}
