import { type DefaultTheme } from 'vitepress'

/** The site's own search. Its functions go to browsers as text: they use nothing from around them. */
export const search: NonNullable<DefaultTheme.Config['search']> = {
  provider: 'local',
  options: {
    miniSearch: {
      options: {
        // The code of an error is one word, and several.
        tokenize: (text) =>
          text
            .split(/[^\p{L}\p{N}_]+/u)
            .flatMap((word) => (word.includes('_') ? [word, ...word.split('_')] : word)),
      },
      searchOptions: {
        // Guides come before the reference, and what users import before what authors of stores do.
        boostDocument: (id) =>
          String(id).includes('adapter') ? 0.2 : String(id).includes('/api/') ? 0.5 : 1,
      },
    },
  },
}
