import { join, relative } from 'node:path'
import { workspace } from '@eventmill/package-checks/workspace'
import { Application, LogLevel } from 'typedoc'
import { type PluginOptions } from 'typedoc-plugin-markdown'
import { entryPoints } from './entry-points.ts'

/** Writes the API reference, one page for each entry point, as Markdown into a folder. */
export async function writeApiReference(folder: string): Promise<void> {
  const points = entryPoints()
  const markdown: Partial<PluginOptions> = {
    entryFileName: 'index',
    modulesFileName: 'index',
    excludeScopesInPaths: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    // What TypeDoc and VitePress make of a heading differs now and then.
    useCustomAnchors: true,
    customAnchorsFormat: 'curlyBrace',
    parametersFormat: 'table',
    classPropertiesFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    tableColumnSettings: {
      hideModifiers: true,
      hideDefaults: true,
      hideInherited: true,
      hideOverrides: true,
    },
    pageTitleTemplates: { module: ({ rawName }) => rawName },
  }
  const app = await Application.bootstrapWithPlugins({
    ...markdown,
    router: 'module',
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: points.map(({ source }) => source),
    tsconfig: join(workspace, 'packages/site/tsconfig.reference.json'),
    basePath: workspace,
    name: 'API reference',
    readme: 'none',
    excludeExternals: true,
    logLevel: LogLevel.Warn,
    outputs: [{ name: 'markdown', path: folder }],
    disableGit: true,
    disableSources: true,
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc has refused the sources: run npm run typecheck')
  // TypeDoc calls modules by their files, and users by what they import.
  const names = new Map(points.map(({ name, source }) => [moduleName(source), name]))
  for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name
  await app.generateOutputs(project)
}

function moduleName(source: string): string {
  return relative(workspace, source).replace(/(?:\/index)?\.ts$/, '')
}
