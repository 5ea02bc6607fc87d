/** As people read it: `'12,345'`. */
export function number(value: number): string {
  return value.toLocaleString('en')
}
