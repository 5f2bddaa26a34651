/** @file JSON Lines, streamed: one object a line; its keys are the columns. */
import { MongeError } from '../../../native-models/error';
import { columnBuilder, type ColumnBuilder } from '../builder';
import { valueCells } from '../cells';
import { MAXIMUM_COLUMNS } from '../limits';
import type { ByteSource } from '../source';
import type { Column } from '../column';
import type { DatasetWarning } from '../../contract/data';
import { headText, looksBinary, textLines } from '../utf8';
import { inexactWarning } from './csv';
import { extensionOf, type Reader } from './reader';

const EXTENSIONS = ['jsonl', 'ndjson'];

export const jsonlReader: Reader = {
  format: 'jsonl',
  extensions: EXTENSIONS,
  match(head, name, source) {
    if (looksBinary(head)) return false;
    if (EXTENSIONS.includes(extensionOf(name))) return true;
    const first = headText(head, source.short).trimStart().split('\n', 1)[0]!;
    return first.startsWith('{') && parses(first);
  },
  async open(source) {
    const warnings: DatasetWarning[] = [];
    const columns = await objectColumns(source.name, (heard) => objectLines(source, heard), warnings);
    return { format: 'jsonl', columns, warnings };
  },
};

/** Objects with the line that each begins in, where that is known. */
type Objects = AsyncIterable<{ line: number; object: Record<string, unknown> }>;

/**
 * The keys of objects as columns; `objects` gives them afresh, as a column of several kinds is read a second time, as text.
 * @throws `too-many-columns`, and what `objects` throws
 */
export async function objectColumns(
  file: string,
  objects: (warnings: DatasetWarning[]) => Objects,
  warnings: DatasetWarning[],
): Promise<Column[]> {
  let builders = await readOnce(file, objects(warnings), new Set());
  const conflicts = new Set([...builders].filter(([, b]) => b.conflict).map(([name]) => name));
  if (conflicts.size > 0) builders = await readOnce(file, objects([]), conflicts);
  return [...builders].map(([name, builder]) => {
    const { column, inexact } = builder.finish();
    if (inexact > 0) warnings.push(inexactWarning(name, inexact));
    return column;
  });
}

async function* objectLines(source: ByteSource, warnings: DatasetWarning[]): Objects {
  for await (const lines of textLines(source.name, source.chunks(), warnings))
    for (const { line, text } of lines)
      if (text.trim() !== '') yield { line, object: parseObject(source.name, line, text) };
}

async function readOnce(
  file: string,
  objects: Objects,
  asText: ReadonlySet<string>,
): Promise<Map<string, ColumnBuilder<unknown>>> {
  const cells = valueCells();
  const builders = new Map<string, ColumnBuilder<unknown>>();
  let rows = 0;
  for await (const { line, object } of objects) {
    for (const key of Object.keys(object)) {
      let builder = builders.get(key);
      if (!builder) {
        if (builders.size === MAXIMUM_COLUMNS) throw tooManyKeys(file, line);
        builder = columnBuilder(key, cells, asText.has(key));
        builder.pushMissing(rows);
        builders.set(key, builder);
      }
      builder.push(object[key]);
    }
    rows += 1;
    for (const builder of builders.values()) if (builder.length < rows) builder.pushMissing(1);
  }
  return builders;
}

function parseObject(file: string, line: number, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MongeError(
      {
        code: 'malformed-json',
        what: 'a line is not valid JSON',
        where: { file, line },
        got: text.length > 80 ? `${text.slice(0, 80)}…` : text,
        expected: 'one JSON object on every line',
        help: (cause as Error).message,
      },
      { cause },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MongeError({
      code: 'not-an-object',
      what: 'a line holds no JSON object',
      where: { file, line },
      got: text.slice(0, 80),
      expected: 'an object such as {"text": "…", "label": 1}',
    });
  return value as Record<string, unknown>;
}

function tooManyKeys(file: string, line: number): MongeError {
  return new MongeError({
    code: 'too-many-columns',
    what: 'the objects have too many different keys',
    where: { file, line },
    expected: `at most ${MAXIMUM_COLUMNS}`,
    help: 'put the varying keys into one nested object',
  });
}

function parses(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
