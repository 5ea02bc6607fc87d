/** What was typed cannot be done. The message is for whoever typed it, in one line. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}
