/** @file Cells of comma-separated files. */

/** Text as one cell: in quotes where a comma, a quote or a line break would end it. */
export function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
