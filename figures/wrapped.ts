/** @file Text in lines that fit a figure's notes. */

/** The lines of a text, each broken between words where it can be; empty ones are left out. */
export function wrapped(text: string, longest: number): string[] {
  const line = new RegExp(`.{1,${longest}}(?:\\s|$)|.{1,${longest}}`, 'gu');
  return text
    .split('\n')
    .flatMap((one) => one.match(line) ?? [])
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
