/** What the caller can mend: told in one line. Never repeats a URL, in which there may be a password. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}
