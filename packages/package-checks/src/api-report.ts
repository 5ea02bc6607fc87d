import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from '@microsoft/api-extractor'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { assertBuilt } from './assert-built.ts'
import { publicPackages, type PublicPackage } from './public-packages.ts'
import { undocumented } from './undocumented.ts'

/** All that may be imported from one entry point of a package, with its types: what no release may break unawares. */
export interface ApiReport {
  /** The entry point, as one imports it. */
  readonly name: string
  /** Where the report is committed. */
  readonly path: string
  /** The report, as it is by now. */
  readonly text: string
  /** What is wrong with it: names without a doc comment, and types that are used but cannot be imported. */
  readonly complaints: readonly string[]
}

/** The reports of every entry point of the packages, as built, by way of files in `folder`. */
export function apiReports(folder: string): readonly ApiReport[] {
  const packages = publicPackages().map((one) => drafts(one, folder))
  const texts = packages.flat().map(({ text }) => text)
  return packages.flatMap((ofPackage) => {
    // What one entry point exports may be named in the types of another.
    const exported = new Set(ofPackage.flatMap(({ text }) => exportedNames(text)))
    return ofPackage.map(({ name, path, text, forgotten }) => ({
      name,
      path,
      text,
      complaints: [
        ...undocumented(text, texts)
          .filter((member) => !OF_DRIVERS.test(member))
          .map((member) => `${member} of ${name} has no doc comment: write one`),
        ...forgotten
          .filter((symbol) => !exported.has(symbol) && !UNNAMED.has(symbol))
          .map((symbol) => `${symbol} is in the types of ${name}, but not exported: export it`),
      ],
    }))
  })
}

/** Types that only carry inference: users see them in an editor, and never name them. */
const UNNAMED = new Set([
  ...['Applier', 'CommandDefinition', 'CommandOf', 'ContextOf', 'ContextOfAny', 'DataOf', 'EventOfType'],
  ...['JointHandler', 'Nothing', 'ShapeOf', 'Uninferred', 'CheckedSnapshotRules'],
  ...['CheckedFailurePolicy', 'Definition', 'Done', 'Handling', 'OfType'],
  ...['ErrorClass', 'EventOfAggregate'],
  ...['Annotated', 'Argument', 'BatchHandler', 'Decisions', 'ResolvedTarget', 'Target'],
])

/** What is used of a driver is documented by the driver. */
const OF_DRIVERS = /^(?:Pg[A-Z]\w*|Pglite\w*|SqlClient|Port)\./

/** A report that nobody has judged yet. */
interface Draft extends Pick<ApiReport, 'name' | 'path' | 'text'> {
  readonly forgotten: readonly string[]
}

function drafts(one: PublicPackage, output: string): readonly Draft[] {
  assertBuilt(one)
  return one.imports
    .map((name) => ({ name, entry: name.slice(one.name.length + 1) || 'index' }))
    .filter(({ entry }) => existsSync(declarationFile(one, entry)))
    .map(({ name, entry }) => ({
      name,
      path: join(one.folder, 'api', `${entry}.md`),
      ...extract(one, entry, output),
    }))
}

function extract(
  { folder }: PublicPackage,
  entry: string,
  output: string,
): Pick<Draft, 'text' | 'forgotten'> {
  const forgotten: string[] = []
  const file = `${entry}.api.md`
  const reports = join(output, basename(folder))
  mkdirSync(reports, { recursive: true })
  const declarations = declarationFile({ folder }, entry)
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [declarations] } },
      apiReport: {
        ...{ enabled: true, reportFileName: file, reportFolder: reports, reportTempFolder: reports },
        // What is not exported changes what is: the types that appliers and handlers have, for one.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning },
          // Everything is public here.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        },
      },
    },
  })
  const messageCallback = (message: ExtractorMessage) => {
    message.handled = true
    const symbol = /The symbol "(\w+)" needs to be exported/.exec(message.text)?.[1]
    if (symbol !== undefined) forgotten.push(symbol)
    if (message.logLevel === ExtractorLogLevel.Error) throw new Error(`${declarations}: ${message.text}`)
  }
  Extractor.invoke(config, { localBuild: true, messageCallback })
  return { text: readFileSync(join(reports, file), 'utf8'), forgotten }
}

const COMPILER_OPTIONS = {
  ...{ target: 'ES2023', module: 'NodeNext', lib: ['ES2023', 'WebWorker'], types: [] },
  ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
  // The workspace's other packages are found by their sources.
  ...{ allowImportingTsExtensions: true, noEmit: true },
}

function declarationFile({ folder }: Pick<PublicPackage, 'folder'>, entry: string): string {
  return join(folder, 'dist', `${entry}.d.ts`)
}

function exportedNames(report: string): readonly string[] {
  return [...report.matchAll(/^export .*?\b(?:class|const|function|interface|type) (\w+)/gm)].map(
    ([, name = '']) => name,
  )
}
