/** What the caller can mend: told in one line. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}
