import { build, type BuildOptions } from 'esbuild'

/** The one JavaScript text that a file and what it imports make. */
export async function bundle(file: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [file],
    bundle: true,
    write: false,
    logLevel: 'silent',
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
