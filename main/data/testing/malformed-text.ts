/** @file Broken text tables: CSV, TSV, JSON Lines and ARFF. */
import type { Place } from '../../../native-models/error';
import { gzip, joined, noise, text } from './bytes';

export interface MalformedFile {
  name: string;
  fileName: string;
  bytes: () => Uint8Array;
  code: string;
  /** Parts of the place that the error must name, besides the file. */
  place?: Partial<Place>;
}

const manyColumns = () => text(`${Array.from({ length: 50_001 }, (_, i) => `c${i}`).join(',')}\n`);

/** Broken text tables and text that is not text. */
export const textTables: MalformedFile[] = [
  { name: 'empty CSV', fileName: 'empty.csv', bytes: () => new Uint8Array(0), code: 'empty-file' },
  {
    name: 'empty gzipped CSV',
    fileName: 'empty.csv.gz',
    bytes: () => gzip(new Uint8Array(0)),
    code: 'empty-file',
  },
  { name: 'CSV with a header only', fileName: 'header.csv', bytes: () => text('a,b\n'), code: 'no-rows' },
  { name: 'CSV of blank lines', fileName: 'blank.csv', bytes: () => text('\n\n\n'), code: 'no-rows' },
  {
    name: 'CSV row too short',
    fileName: 'short.csv',
    bytes: () => text('a,b\n1,2\n3\n4,5\n'),
    code: 'ragged-row',
    place: { line: 3 },
  },
  {
    name: 'CSV row too long',
    fileName: 'long.csv',
    bytes: () => text('a,b\n1,2\n3,4\n5,6,7\n'),
    code: 'ragged-row',
    place: { line: 4 },
  },
  {
    name: 'TSV row too short',
    fileName: 'short.tsv',
    bytes: () => text('a\tb\n1\t2\n3\n'),
    code: 'ragged-row',
    place: { line: 3 },
  },
  {
    name: 'ragged row far behind the head',
    fileName: 'late.csv',
    bytes: () => text(`a,b\n${'1,2\n'.repeat(100_000)}3\n`),
    code: 'ragged-row',
    place: { line: 100_002 },
  },
  {
    name: 'quote never closed',
    fileName: 'quote.csv',
    bytes: () => text('a,b\n1,"x\n2,y\n'),
    code: 'csv-quote',
  },
  {
    name: 'stray quote inside a field',
    fileName: 'stray.csv',
    bytes: () => text('a,b\n1,x"y\n'),
    code: 'csv-quote',
    place: { line: 2 },
  },
  {
    name: 'text after a closing quote',
    fileName: 'after.csv',
    bytes: () => text('a,b\n1,"x"y\n'),
    code: 'csv-quote',
    place: { line: 2 },
  },
  {
    name: 'too many columns',
    fileName: 'wide.csv',
    bytes: manyColumns,
    code: 'too-many-columns',
    place: { line: 1 },
  },
  {
    name: 'binary named CSV',
    fileName: 'binary.csv',
    bytes: () => joined([1, 0, 2, 0, 255, 254, 0, 9], noise(500)),
    code: 'unknown-format',
    place: { byte: 0 },
  },
  {
    name: 'PNG named CSV',
    fileName: 'picture.csv',
    bytes: () => joined([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]),
    code: 'unknown-format',
    place: { byte: 0 },
  },
  {
    name: 'UTF-16 text',
    fileName: 'wide-text.csv',
    bytes: () => joined([0xff, 0xfe], Buffer.from('a,b\n1,2\n', 'utf16le')),
    code: 'unsupported-encoding',
    place: { byte: 0 },
  },
  {
    name: 'JSON object',
    fileName: 'object.json',
    bytes: () => text('{\n"a": [1, 2]\n}\n'),
    code: 'no-text-sets',
  },
  {
    name: 'JSON list that is cut',
    fileName: 'cut.json',
    bytes: () => text('[\n{"a": 1},\n{"a"'),
    code: 'malformed-json',
  },
  {
    name: 'JSON list with a number',
    fileName: 'numbers.json',
    bytes: () => text('[{"a": 1}, 7]'),
    code: 'not-an-object',
    place: { row: 2 },
  },
  {
    name: 'JSON list of nothing',
    fileName: 'nothing.json',
    bytes: () => text('[]'),
    code: 'no-rows',
  },
  {
    name: 'JSON Lines with a broken line',
    fileName: 'broken.jsonl',
    bytes: () => text('{"a": 1}\n{"a": \n'),
    code: 'malformed-json',
    place: { line: 2 },
  },
  {
    name: 'JSON Lines with a number',
    fileName: 'number.jsonl',
    bytes: () => text('{"a": 1}\n7\n'),
    code: 'not-an-object',
    place: { line: 2 },
  },
  { name: 'JSON Lines of blank lines', fileName: 'blank.jsonl', bytes: () => text('\n\n'), code: 'no-rows' },
  {
    name: 'binary named JSON Lines',
    fileName: 'binary.jsonl',
    bytes: () => joined([0, 1, 2, 3]),
    code: 'unknown-format',
    place: { byte: 0 },
  },
  {
    name: 'unknown binary',
    fileName: 'mystery',
    bytes: () => joined([0xde, 0xad, 0, 0xbe, 0xef]),
    code: 'unknown-format',
  },
  {
    name: 'ARFF without data',
    fileName: 'nodata.arff',
    bytes: () => text('@relation r\n@attribute a numeric\n'),
    code: 'truncated',
  },
  {
    name: 'ARFF without attributes',
    fileName: 'noattributes.arff',
    bytes: () => text('@relation r\n@data\n'),
    code: 'truncated',
  },
  {
    name: 'ARFF with data but no rows',
    fileName: 'norows.arff',
    bytes: () => text('@relation r\n@attribute a numeric\n@data\n'),
    code: 'no-rows',
  },
  {
    name: 'CSV named ARFF',
    fileName: 'table.arff',
    bytes: () => text('a,b\n1,2\n'),
    code: 'wrong-magic',
    place: { line: 1 },
  },
  {
    name: 'ARFF row too short',
    fileName: 'short.arff',
    bytes: () => text('@relation r\n@attribute a numeric\n@attribute b numeric\n@data\n1,2\n3\n'),
    code: 'ragged-row',
    place: { line: 6 },
  },
  {
    name: 'ARFF word in a numeric attribute',
    fileName: 'word.arff',
    bytes: () => text('@relation r\n@attribute a numeric\n@data\nx\n'),
    code: 'not-a-number',
    place: { line: 4, column: 'a' },
  },
  {
    name: 'ARFF category not declared',
    fileName: 'category.arff',
    bytes: () => text('@relation r\n@attribute a {x,y}\n@data\nz\n'),
    code: 'unknown-category',
    place: { line: 4, column: 'a' },
  },
  {
    name: 'ARFF relational attribute',
    fileName: 'relational.arff',
    bytes: () => text('@relation r\n@attribute a relational\n@data\n1\n'),
    code: 'unsupported-dtype',
    place: { line: 2 },
  },
  {
    name: 'ARFF attribute without a type',
    fileName: 'untyped.arff',
    bytes: () => text('@relation r\n@attribute a\n@data\n1\n'),
    code: 'malformed-header',
    place: { line: 2 },
  },
  {
    name: 'ARFF sparse index out of range',
    fileName: 'sparse.arff',
    bytes: () => text('@relation r\n@attribute a numeric\n@data\n{4 1}\n'),
    code: 'ragged-row',
    place: { line: 4 },
  },
  {
    name: 'ARFF quote never closed',
    fileName: 'quote.arff',
    bytes: () => text("@relation r\n@attribute a string\n@data\n'x\n"),
    code: 'csv-quote',
    place: { line: 4 },
  },
];
