/** @file CSV, TSV, JSON Lines, text and ARFF: what is guessed, what is kept, what is warned about. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, sniff } from './index';
import { gzip, joined, text } from './testing/bytes';
import { openWorkbench, type FileWorkbench } from './testing/workbench';
import type { Dataset } from '../contract/data';

let bench: FileWorkbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

const open = async (name: string, content: string | Uint8Array) =>
  openDataset(await bench.file(name, content));
const kinds = (dataset: Dataset) => dataset.info.columns.map((c) => `${c.name} ${c.kind} ${c.role}`);
const codes = (dataset: Dataset) => dataset.info.warnings.map((w) => w.code);

describe('JSON sets of texts', () => {
  const cells = async (name: string, content: string) => {
    const dataset = await open(name, content);
    return { format: dataset.info.format, kinds: kinds(dataset), rows: await dataset.rows(0, 10) };
  };

  it('reads lists by name as rows of a text and its set', async () => {
    expect(
      await cells('sets.json', '{\n  "football": ["A goal.", "A, match."],\n  "none": ["Rain."]\n}\n'),
    ).toEqual({
      format: 'json',
      kinds: ['text text text', 'label category label'],
      rows: [
        ['A goal.', 'football'],
        ['A, match.', 'football'],
        ['Rain.', 'none'],
      ],
    });
  });

  it("reads a concept's sentences, on one line or several, and leaves what tells of it", async () => {
    const concept = {
      concept: 'football',
      group: 'sense',
      sentences: { positive: ['A goal.'], negative: ['Rain.'] },
    };
    for (const space of [0, 2])
      expect((await cells('concept.json', JSON.stringify(concept, null, space))).rows).toEqual([
        ['A goal.', 'positive'],
        ['Rain.', 'negative'],
      ]);
  });

  it('leaves JSON Lines to their reader, whatever the file is called', async () => {
    expect((await open('lines.json', '{"text": "a"}\n{"text": "b"}\n')).info.format).toBe('jsonl');
    expect((await open('lists.json', '{"tags": ["a"]}\n{"tags": ["b"]}\n')).info.format).toBe('jsonl');
  });

  it.each([
    ['a table', '{\n "rows": [{"a": 1}]\n}', 'no-text-sets'],
    ['numbers', '{\n "a": [1, 2]\n}', 'no-text-sets'],
    ['nothing', '{\n}', 'no-text-sets'],
    ['a cut file', '{\n "a": ["b",', 'malformed-json'],
    ['empty sets', '{"a": [], "b": []}', 'no-rows'],
  ])('refuses %s', async (_name, content, code) => {
    await expect(open('bad.json', content)).rejects.toMatchObject({ code });
  });
});

describe('CSV', () => {
  it('guesses kinds and roles, counts missing values, and summarises', async () => {
    const rows = [
      '5.1,3,setosa',
      '4.9,NA,setosa',
      '6.2,2,virginica',
      '?,4,virginica',
      '5.0,3,setosa',
      '5.5,3,setosa',
    ];
    const dataset = await open('iris.csv', `length,petals,species\n${rows.join('\n')}\n`);
    expect(kinds(dataset)).toEqual([
      'length number feature',
      'petals integer feature',
      'species category label',
    ]);
    const [length, petals, species] = dataset.info.columns;
    expect(length).toMatchObject({ missing: 1, minimum: 4.9, maximum: 6.2, distinct: 5 });
    expect(length?.mean).toBeCloseTo((5.1 + 4.9 + 6.2 + 5 + 5.5) / 5, 12);
    expect(petals).toMatchObject({ missing: 1, minimum: 2, maximum: 4 });
    // Population standard deviation of 3, 2, 4, 3, 3.
    expect(petals?.standardDeviation).toBeCloseTo(Math.sqrt(0.4), 12);
    expect(species?.categories).toEqual(['setosa', 'virginica']);
    expect(await dataset.rows(2, 2)).toEqual([
      [6.2, 2, 'virginica'],
      [null, 4, 'virginica'],
    ]);
  });

  it('leaves rows with a missing feature out of the matrix and says how many', async () => {
    const dataset = await open('gaps.csv', 'a,b\n1,2\n,4\n5,inf\n7,8\n');
    const { matrix, rowIndex, skipped } = await dataset.features();
    expect([...matrix.data]).toEqual([1, 2, 7, 8]);
    expect([...rowIndex]).toEqual([0, 3]);
    expect(skipped).toBe(2);
    expect(codes(dataset)).toEqual(['non-finite']);
    expect(await dataset.rows(2, 1)).toEqual([[5, 'inf']]);
  });

  it.each([
    ['semicolons with decimal commas', 'a;b\n1,5;2\n-2,25;3\n', [1.5, 2, -2.25, 3]],
    ['semicolons with decimal points', 'a;b\n1.5;2\n-2.25;3\n', [1.5, 2, -2.25, 3]],
    ['bars', 'a|b\n1|2\n3|4\n', [1, 2, 3, 4]],
    ['a byte order mark and Windows line ends', '\uFEFFa,b\r\n1,2\r\n3,4\r\n', [1, 2, 3, 4]],
    ['no header', '1,2\n3,4\n', [1, 2, 3, 4]],
    ['no final line end', 'a,b\n1,2\n3,4', [1, 2, 3, 4]],
    ['blanks around numbers and exponents', 'a,b\n 1e2 ,+2\n3.,.5\n', [100, 2, 3, 0.5]],
  ])('reads %s', async (name, content, expected) => {
    const { matrix } = await (await open(`${name}.csv`, content)).features();
    expect([...matrix.data]).toEqual(expected);
  });

  it('keeps quoted delimiters, quotes and line ends', async () => {
    const dataset = await open('quotes.csv', 'id,note\n1,"a, ""b""\nc"\n2,plain\n3,third\n');
    expect(await dataset.rows(0, 3)).toEqual([
      [1, 'a, "b"\nc'],
      [2, 'plain'],
      [3, 'third'],
    ]);
  });

  it('loses no cell of a column that begins with numbers and turns into words', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) =>
      i === 9_000 ? '007,last' : i === 9_500 ? 'x17,b' : `${i}.50,b`,
    );
    const dataset = await open('turns.csv', `code,word\n${rows.join('\n')}\n`);
    expect(dataset.info.columns[0]?.kind).toBe('text');
    expect(await dataset.rows(0, 1)).toEqual([['0.50', 'b']]);
    expect(await dataset.rows(9_000, 1)).toEqual([['007', 'last']]);
    expect(await dataset.rows(9_500, 1)).toEqual([['x17', 'b']]);
  });

  it('renames duplicate columns, names empty ones, and says so', async () => {
    const dataset = await open('twice.csv', 'a,a,\n1,2,3\n4,5,6\n');
    expect(dataset.info.columns.map((c) => c.name)).toEqual(['a', 'a_2', 'column_3']);
    expect(codes(dataset)).toEqual(['duplicate-column']);
  });

  it('reads dates and truth values, and takes the other coordinate y for no label', async () => {
    const dataset = await open(
      'kinds.csv',
      'day,flag,x,y\n2024-02-29,true,1,5\n2024-03-01,False,2,5\n,true,3,6\n',
    );
    expect(kinds(dataset)).toEqual([
      'day date ignore',
      'flag boolean feature',
      'x integer feature',
      'y integer feature',
    ]);
    expect(await dataset.rows(0, 3)).toEqual([
      ['2024-02-29', 'true', 1, 5],
      ['2024-03-01', 'false', 2, 5],
      [null, 'true', 3, 6],
    ]);
  });

  it('warns of bytes that are not UTF-8 and of whole numbers that 64-bit floats cannot hold', async () => {
    const latin = joined(text('word,id\ncaf'), [0xe9], text(',9007199254740993\nbar,1\n'));
    const dataset = await open('latin.csv', latin);
    expect(codes(dataset).sort()).toEqual(['inexact-integer', 'invalid-utf8']);
    expect(dataset.info.warnings.find((w) => w.code === 'invalid-utf8')?.message).toContain('byte 11 ');
  });

  it('treats a number beyond 32 bits as missing instead of turning it into infinity', async () => {
    const dataset = await open('large.csv', 'a,b\n1e300,1\n2,3\n');
    expect([...(await dataset.features()).matrix.data]).toEqual([2, 3]);
    expect(codes(dataset)).toEqual(['non-finite']);
  });
});

describe('a stream', () => {
  it('is the same data set gzipped, whatever its name', async () => {
    const content = text('a,b\n1,2\n3,4\n');
    const plain = await open('same.csv', content);
    const packed = await open('packed.csv', gzip(content));
    expect(packed.info.compression).toBe('gzip');
    expect(packed.info.columns).toEqual(plain.info.columns);
    expect(packed.info.sha256).not.toBe(plain.info.sha256);
  });

  it('is hashed: the id is the first sixteen digits of the SHA-256', async () => {
    const { info } = await open('abc.txt', 'abc');
    expect(info.sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(info.id).toBe('ba7816bf8f01cfea');
  });

  it('may cut a character in two between chunks', async () => {
    // 1 MiB is the size of a chunk; the two bytes of é lie on both sides of it.
    const line = `${'a'.repeat(2 ** 20 - 1)}é`;
    const dataset = await open('border.txt', `${line}\nnext\n`);
    expect(dataset.info.warnings).toEqual([]);
    expect(await dataset.rows(0, 2)).toEqual([[line], ['next']]);
  });
});

describe('other text', () => {
  it('TSV keeps bare quotes', async () => {
    const dataset = await open('inch.tsv', 'size\tname\n5\tfive" pipe\n6\tsix" pipe\n7\tx\n');
    expect(await dataset.rows(0, 1)).toEqual([[5, 'five" pipe']]);
  });

  it('JSON Lines: keys are columns, absent keys are missing, equal lists are vectors', async () => {
    const lines = [
      { text: 'one', v: [1, 2], n: 1 },
      { text: 'two', v: [3, 4] },
      { text: 'three', v: [5, 6], n: 2.5, late: { a: 1 } },
    ];
    const dataset = await open('docs.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(kinds(dataset)).toEqual([
      'text text text',
      'v vector feature',
      'n number feature',
      'late category ignore',
    ]);
    expect(await dataset.rows(2, 1)).toEqual([['three', '[5, 6]', 2.5, '{"a":1}']]);
    const { matrix, skipped } = await dataset.features();
    expect([...matrix.data]).toEqual([1, 2, 1, 5, 6, 2.5]);
    expect(skipped).toBe(1);
  });

  it('a JSON list of objects is the table that its lines would be', async () => {
    const rows = [{ text: 'one', n: 1 }, { text: 'two' }];
    const [list, lines] = [
      await open('docs.json', JSON.stringify(rows, null, 2)),
      await open('docs.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')),
    ];
    expect(list.info.format).toBe('json');
    expect(kinds(list)).toEqual(kinds(lines));
    expect(await list.rows(0, 2)).toEqual(await lines.rows(0, 2));
  });

  it('plain text is a row a line; a .txt table of numbers is a table', async () => {
    expect(await sniff(await bench.file('prose.txt', 'To be, or not\nto be, that is\n'))).toEqual({
      format: 'text',
      compression: 'none',
    });
    expect((await sniff(await bench.file('numbers.txt', '1\t2\n3\t4\n5\t6\n'))).format).toBe('csv');
  });

  it('ARFF: numbers, categories in their declared order, quotes, sparse rows', async () => {
    const header =
      "% comment\n@RELATION 'a b'\n@attribute 'first value' numeric\n@attribute class {'dark red',blue}\n@data\n";
    const dense = await open('dense.arff', `${header}1.5,'dark red'\n?,blue\n% between\n2,blue\n`);
    expect(dense.info.columns[0]).toMatchObject({ name: 'first value', kind: 'number', missing: 1 });
    expect(dense.info.columns[1]?.categories).toEqual(['dark red', 'blue']);
    expect(await dense.labels()).toEqual({ codes: Int32Array.of(0, 1, 1), names: ['dark red', 'blue'] });
    const sparse = await open('sparse-rows.arff', `${header}{0 3, 1 blue}\n{}\n`);
    expect(await sparse.rows(0, 2)).toEqual([
      [3, 'blue'],
      [0, 'dark red'],
    ]);
  });
});
