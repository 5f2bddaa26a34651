/** @file ARFF, streamed: numeric, nominal, text and date attributes; dense and sparse rows. */
import { MongeError } from '../../../native-models/error';
import { columnBuilder, type ColumnBuilder } from '../builder';
import { textCells } from '../cells';
import { categoryColumn, type Column } from '../column';
import { growing } from '../growing';
import { MAXIMUM_COLUMNS } from '../limits';
import type { ByteSource } from '../source';
import type { DatasetWarning } from '../../contract/data';
import { headText, looksBinary, textLines } from '../utf8';
import { splitFields, unquote } from './arff-fields';
import { extensionOf, type Reader } from './reader';

export const arffReader: Reader = {
  format: 'arff',
  extensions: ['arff'],
  match: (head, name, source) =>
    !looksBinary(head) &&
    (extensionOf(name) === 'arff' ||
      /^(?:\s*(?:%[^\n]*)?\n)*\s*@relation\b/i.test(headText(head, source.short))),
  open: readArff,
};

interface Attribute {
  push(cell: string | undefined, line: number): void;
  /** The value that a sparse row leaves out: 0, or the first category. */
  zero: string;
  finish(): Column;
}

async function readArff(
  source: ByteSource,
): Promise<{ format: 'arff'; columns: Column[]; warnings: DatasetWarning[] }> {
  const file = source.name;
  const warnings: DatasetWarning[] = [];
  const attributes: Attribute[] = [];
  let inData = false;
  for await (const lines of textLines(file, source.chunks(), warnings)) {
    for (const { line, text } of lines) {
      const row = text.trim();
      if (row === '' || row.startsWith('%')) continue;
      if (inData) addRow(file, line, row, attributes);
      else if (/^@data\b/i.test(row)) inData = true;
      else if (/^@attribute\b/i.test(row)) {
        if (attributes.length === MAXIMUM_COLUMNS)
          throw bad(
            file,
            line,
            'too-many-columns',
            'there are too many attributes',
            row,
            `at most ${MAXIMUM_COLUMNS}`,
          );
        attributes.push(parseAttribute(file, line, row));
      } else if (!/^@relation\b/i.test(row))
        throw bad(
          file,
          line,
          attributes.length === 0 ? 'wrong-magic' : 'malformed-header',
          'this is not a line of an ARFF header',
          row,
          '@relation, @attribute or @data',
        );
    }
  }
  if (!inData || attributes.length === 0)
    throw new MongeError({
      code: 'truncated',
      what: 'the file ends before its data',
      where: { file },
      got: `${attributes.length} attributes and no @data`,
      expected: 'an @attribute line per column, then @data',
    });
  return { format: 'arff', columns: attributes.map((a) => a.finish()), warnings };
}

function addRow(file: string, line: number, row: string, attributes: readonly Attribute[]): void {
  if (row.startsWith('{')) {
    addSparseRow(file, line, row, attributes);
    return;
  }
  const fields = splitFields(row);
  if (!fields) throw bad(file, line, 'csv-quote', 'a quote is not closed', row, 'a closing quote');
  // An instance may carry a weight in braces at its end.
  if (fields.length === attributes.length + 1 && /^\{.*\}$/.test(fields.at(-1)!)) fields.pop();
  if (fields.length !== attributes.length)
    throw bad(
      file,
      line,
      'ragged-row',
      'a row has a different number of values than there are attributes',
      `${fields.length} values`,
      `${attributes.length} values`,
    );
  fields.forEach((field, i) => attributes[i]!.push(field === '?' ? undefined : unquote(field), line));
}

function addSparseRow(file: string, line: number, row: string, attributes: readonly Attribute[]): void {
  const close = row.lastIndexOf('}');
  const fields = close < 0 ? null : splitFields(row.slice(1, close));
  if (!fields) throw bad(file, line, 'ragged-row', 'a sparse row is not closed', row, '{index value, …}');
  const given = new Map<number, string>();
  for (const field of fields.filter((f) => f !== '')) {
    const match = /^(\d+)\s+(.+)$/.exec(field);
    if (!match || Number(match[1]) >= attributes.length)
      throw bad(
        file,
        line,
        'ragged-row',
        'a sparse value has no such attribute',
        field,
        `an index from 0 to ${attributes.length - 1} and a value`,
      );
    given.set(Number(match[1]), match[2]!);
  }
  attributes.forEach((attribute, i) => {
    const field = given.get(i);
    attribute.push(field === '?' ? undefined : field === undefined ? attribute.zero : unquote(field), line);
  });
}

function parseAttribute(file: string, line: number, row: string): Attribute {
  const match = /^@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s+(\{.*\}|\S+.*)$/i.exec(row);
  const malformed = (what: string, expected: string) =>
    bad(file, line, 'malformed-header', what, row, expected);
  if (!match) throw malformed('an attribute line cannot be read', '@attribute name type');
  // Names quoted twice, as some tools write them, lose both layers.
  const name = unquote(unquote(match[1]!));
  const type = match[2]!.trim();
  if (type.startsWith('{')) {
    const words = splitFields(type.slice(1, type.lastIndexOf('}')))?.map(unquote);
    if (!words) throw malformed('the list of categories is not closed', '{a, b, …}');
    return nominal(file, name, words);
  }
  const word = type.split(/\s/, 1)[0]!.toLowerCase();
  if (['numeric', 'real', 'integer'].includes(word)) return numeric(file, name);
  if (word === 'string' || word === 'date') return words(name, word === 'string');
  throw bad(
    file,
    line,
    'unsupported-dtype',
    'attributes of this type are not read',
    type,
    'numeric, real, integer, string, date or {…}',
  );
}

function numeric(file: string, name: string): Attribute {
  const cells = textCells();
  const builder = columnBuilder(name, cells);
  return {
    zero: '0',
    push(cell, line) {
      if (cell !== undefined && !cells.isMissing(cell) && cells.number(cell) === undefined)
        throw new MongeError({
          code: 'not-a-number',
          what: 'a numeric attribute holds something else',
          where: { file, line, column: name },
          got: cell.slice(0, 80),
          expected: 'a number or ?',
        });
      pushCell(builder, cell);
    },
    finish: () => builder.finish().column,
  };
}

function words(name: string, asText: boolean): Attribute {
  const builder = columnBuilder(name, textCells(), asText);
  return { zero: '0', push: (cell) => pushCell(builder, cell), finish: () => builder.finish().column };
}

function pushCell(builder: ColumnBuilder<string>, cell: string | undefined): void {
  if (cell === undefined) builder.pushMissing(1);
  else builder.push(cell);
}

function nominal(file: string, name: string, categories: string[]): Attribute {
  const known = new Map(categories.map((word, i) => [word, i]));
  const codes = growing(Int32Array);
  return {
    zero: categories[0] ?? '',
    push(cell, line) {
      const code = cell === undefined ? -1 : known.get(cell);
      if (code === undefined)
        throw new MongeError({
          code: 'unknown-category',
          what: 'a value is not among the categories its attribute declares',
          where: { file, line, column: name },
          got: cell,
          expected: `one of ${categories.slice(0, 20).join(', ')}`,
        });
      codes.push(code);
    },
    finish: () => categoryColumn(name, codes.finish(), categories),
  };
}

function bad(
  file: string,
  line: number,
  code: string,
  what: string,
  got: string,
  expected: string,
): MongeError {
  return new MongeError({ code, what, where: { file, line }, got: got.slice(0, 120), expected });
}
