/** @file Splits a row of ARFF into fields: commas, either quote, backslash escapes. */

/** The trimmed fields of a row with their quotes still on, or null when a quote is not closed. */
export function splitFields(row: string): string[] | null {
  // Most rows hold neither quote nor escape.
  if (!/['"\\]/.test(row)) return row.split(',').map((field) => field.trim());
  const fields: string[] = [];
  let start = 0;
  let quote = '';
  for (let i = 0; i < row.length; i += 1) {
    const character = row[i]!;
    if (character === '\\') i += 1;
    else if (quote !== '') {
      if (character === quote) quote = '';
    } else if (
      (character === "'" || character === '"') &&
      row
        .slice(start, i)
        .trim()
        .search(/^$|^\d+$/) === 0
    )
      quote = character;
    else if (character === ',') {
      fields.push(row.slice(start, i).trim());
      start = i + 1;
    }
  }
  if (quote !== '') return null;
  fields.push(row.slice(start).trim());
  return fields;
}

/** The word without its surrounding quotes and escapes. */
export function unquote(field: string): string {
  const quote = field[0];
  if (field.length < 2 || (quote !== "'" && quote !== '"') || field.at(-1) !== quote) return field;
  return field.slice(1, -1).replace(/\\(.)/g, '$1');
}
