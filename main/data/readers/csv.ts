/** @file CSV and TSV, streamed: any usual delimiter, quotes, decimal commas, with or without a header. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse, type Options } from 'csv-parse';
import { MongeError } from '../../../native-models/error';
import { columnBuilder, type ColumnBuilder } from '../builder';
import { textCells } from '../cells';
import { MAXIMUM_COLUMNS, MAXIMUM_RECORD } from '../limits';
import type { ByteSource } from '../source';
import type { Table } from '../table';
import type { DataFormat, DatasetWarning } from '../../contract/data';
import { headText, looksBinary, utf8Chunks } from '../utf8';
import { looksLikeNumberTable, sniffDialect, type Dialect } from './csv-sniff';
import { extensionOf, type Reader } from './reader';

export const csvReader = reader('csv', ['csv'], ',', (head, name, source) => {
  const extension = extensionOf(name);
  if (looksBinary(head)) return false;
  if (extension === 'csv') return true;
  return ['', 'txt', 'dat', 'data'].includes(extension) && looksLikeNumberTable(headText(head, source.short));
});

export const tsvReader = reader(
  'tsv',
  ['tsv', 'tab'],
  '\t',
  (head, name) => ['tsv', 'tab'].includes(extensionOf(name)) && !looksBinary(head),
);

function reader(format: DataFormat, extensions: string[], preferred: string, match: Reader['match']): Reader {
  return { format, extensions, match, open: (source) => openTable(source, format, preferred) };
}

async function openTable(source: ByteSource, format: DataFormat, preferred: string): Promise<Table> {
  const dialect = sniffDialect(await sampleText(source), preferred);
  if (dialect.width > MAXIMUM_COLUMNS) throw tooManyColumns(source.name, dialect.width);
  const names = dialect.names ?? Array.from({ length: dialect.width }, (_, i) => `column_${i + 1}`);
  const warnings: DatasetWarning[] = [];
  if (dialect.names?.every((name, i) => name === String(i)))
    warnings.push({ code: 'numbered-header', message: 'the first row 0, 1, 2, … is taken for the header' });

  let builders = await readOnce(source, dialect, names, new Set(), warnings);
  const conflicts = new Set(names.flatMap((_, i) => (builders[i]!.conflict ? [i] : [])));
  // Words turned up in a column that began with numbers: read again so that no cell is lost.
  if (conflicts.size > 0) builders = await readOnce(source, dialect, names, conflicts, []);

  const columns = builders.map((builder, i) => {
    const { column, inexact } = builder.finish();
    if (inexact > 0) warnings.push(inexactWarning(names[i]!, inexact));
    return column;
  });
  return { format, columns, warnings };
}

/** The first lines; of a table too wide for the head, at least its whole first line. */
async function sampleText(source: ByteSource): Promise<string> {
  if (source.short || source.head.includes(10)) return headText(source.head, source.short);
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of source.chunks()) {
    parts.push(chunk);
    total += chunk.length;
    if (total > MAXIMUM_RECORD)
      throw new MongeError({
        code: 'line-too-long',
        what: 'the first line never ends',
        where: { file: source.name, line: 1 },
        expected: `lines of at most ${MAXIMUM_RECORD.toLocaleString('en')} bytes`,
        help: 'check that the file is what its name says',
      });
    if (chunk.includes(10)) break;
  }
  return headText(Buffer.concat(parts), false);
}

/** One pass over the file into fresh builders. */
async function readOnce(
  source: ByteSource,
  dialect: Dialect,
  names: readonly string[],
  asText: ReadonlySet<number>,
  warnings: DatasetWarning[],
): Promise<ColumnBuilder<string>[]> {
  const cells = textCells(dialect.decimalComma);
  const builders = names.map((name, i) => columnBuilder(name, cells, asText.has(i)));
  const file = source.name;
  let header = dialect.names !== null;
  const options: Options<string[]> = {
    delimiter: dialect.delimiter,
    relax_column_count: true,
    // Tab-separated files often hold bare quotes; elsewhere a stray quote means a broken row.
    relax_quotes: dialect.delimiter === '\t',
    skip_empty_lines: true,
    max_record_size: MAXIMUM_RECORD,
    on_record(record: string[], context) {
      if (record.length !== builders.length)
        throw raggedRow(file, context.lines, record.length, builders.length);
      if (header) header = false;
      else for (let i = 0; i < record.length; i += 1) builders[i]!.push(record[i]!);
      return null;
    },
  };
  try {
    await pipeline(Readable.from(utf8Chunks(source.chunks(), warnings)), parse(options), async (output) => {
      for await (const _ of output as AsyncIterable<unknown>);
    });
  } catch (cause) {
    throw codedError(file, cause);
  }
  return builders;
}

function raggedRow(file: string, line: number, got: number, expected: number): MongeError {
  return new MongeError({
    code: 'ragged-row',
    what: 'a row has a different number of columns than the first',
    where: { file, line },
    got: `${got} columns`,
    expected: `${expected} columns`,
    help: 'quote fields that contain the delimiter, and give missing values an empty field',
  });
}

function tooManyColumns(file: string, width: number): MongeError {
  return new MongeError({
    code: 'too-many-columns',
    what: 'the table is wider than this reader takes',
    where: { file, line: 1 },
    got: `${width} columns`,
    expected: `at most ${MAXIMUM_COLUMNS}`,
    help: 'store wide numeric data as NPY, where a row is one vector',
  });
}

/** The warning about whole numbers beyond 2^53, which 64-bit floats cannot hold exactly. */
export function inexactWarning(name: string, count: number): DatasetWarning {
  return {
    code: 'inexact-integer',
    message: `column “${name}”: ${count} whole numbers beyond 2^53 are rounded`,
  };
}

function codedError(file: string, cause: unknown): unknown {
  if (!(cause instanceof CsvError)) return cause;
  const line = (cause as unknown as { lines?: number }).lines;
  const tooLong = cause.code === 'CSV_MAX_RECORD_SIZE';
  return new MongeError(
    {
      code: tooLong ? 'line-too-long' : 'csv-quote',
      what: tooLong ? 'a row never ends' : 'a quoted field is not written correctly',
      where: { file, line },
      got: cause.message,
      expected: 'quoted fields that end before the next delimiter, with quotes inside doubled',
      help: 'a quote is missing or stray near this line',
    },
    { cause },
  );
}
