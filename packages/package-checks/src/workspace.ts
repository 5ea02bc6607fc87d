import { join } from 'node:path'

/** The root of this repository. */
export const workspace: string = join(import.meta.dirname, '../../..')
