/** A word on the command line that says nothing. */
export class BadWord extends Error {
  override readonly name = 'BadWord'
}
