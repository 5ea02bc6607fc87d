/** A part of the site's navigation, by the files of the repository that it shows. */
export interface Section {
  readonly title: string
  readonly pages: readonly string[]
}

/** Every page of the site but those of the API reference: for those who use eventmill first, then for those who write for it. */
export const navigation: readonly Section[] = [
  {
    title: 'Begin',
    pages: [
      'README.md',
      'docs/first-aggregate.md',
      'docs/questions.md',
      'docs/glossary.md',
      'examples/README.md',
      'packages/create-eventmill/README.md',
    ],
  },
  {
    title: 'Guides',
    pages: [
      'docs/modelling.md',
      'docs/stores.md',
      'docs/evolving-events.md',
      'docs/several-aggregates.md',
      'docs/idempotency.md',
      'docs/projections.md',
      'docs/reacting.md',
      'docs/testing.md',
      'docs/errors.md',
      'docs/postgres.md',
      'docs/benchmarks.md',
    ],
  },
  {
    title: 'Coming from elsewhere',
    pages: ['docs/coming-from-emmett.md', 'docs/coming-from-castore.md', 'docs/coming-from-rust.md'],
  },
  {
    title: 'Packages',
    pages: [
      'packages/core/README.md',
      'packages/schema/README.md',
      'packages/store-memory/README.md',
      'packages/store-postgres/README.md',
      'packages/projections/README.md',
      'packages/projections-postgres/README.md',
      'packages/testing/README.md',
      'packages/store-conformance/README.md',
    ],
  },
  {
    title: 'Write for eventmill',
    pages: ['docs/architecture.md', 'docs/write-a-store.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  },
]
