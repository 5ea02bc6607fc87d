import { join } from 'node:path'
import { run } from '@eventmill/package-checks/run'
import { workspace } from '@eventmill/package-checks/workspace'

/** Builds the site as `npm run site:build` does, and resolves to its folder. Fails with what a step has printed. */
export async function buildSite(): Promise<string> {
  await run(join(workspace, 'node_modules/.bin/pnpm'), ['run', 'site:build'], { folder: workspace })
  return join(workspace, 'packages/site/dist/site')
}
