/** @file Files as they are shipped by others: SVAMP's problems, comments labelled in words, statements of true and false. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openDataset } from '../../data';
import { graderOf } from '../../probes/graders';
import { config } from './config';
import { itemsOf, type RunItem } from './items';
import { taskTable } from './table';

const DATA = '../shared/data/steering';
if (!existsSync(DATA)) console.warn(`SKIPPED: tests on real task files, because ${DATA} is not there`);
const folder = mkdtempSync(join(tmpdir(), 'monge-tasks-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function table(path: string, settings: Parameters<typeof config.parse>[0]) {
  const dataset = await openDataset(path);
  try {
    return await taskTable(dataset, 'task', config.parse(settings));
  } finally {
    await dataset.close();
  }
}

function written(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

it('SVAMP: body and question make the prompt, answers are numbers, and nearly no right one is refused', async () => {
  const problems = Array.from({ length: 300 }, (_, k) => ({
    Body: k % 2 ? `Tom has ${k} pens.` : `Tom has ${k} pens`,
    Question: 'How many pens does he have?',
    Answer: k + 0.0,
  }));
  const path = written('SVAMP.json', JSON.stringify(problems));
  const found = await table(path, { mode: 'answer' });
  expect(found.items[7]!.text).toBe('Tom has 7 pens. How many pens does he have?\nAnswer:');
  expect(found.items[8]!.text).toBe('Tom has 8 pens. How many pens does he have?\nAnswer:');
  expect(found.items[7]!.accepted).toEqual(['7']);
  expect(graderOf(found.items.map(({ accepted }) => accepted))).toBe('numeric');
  // As a small model answers them: four in a hundred.
  const graded = found.items.map((item, k): RunItem => ({
    row: item.row,
    ...{ text: item.text, prompt: item.text.length, end: item.text.length, group: item.group },
    label: k % 25 === 0 ? 1 : 0,
  }));
  expect(() => itemsOf([{ table: found, items: graded }], { fewest: 10, balance: true }, 0)).toThrow(
    /^tasks-refused.*4 % are true or right/,
  );
});

it.each([
  ['Toxic', 'Not Toxic', '', 'Toxic'],
  ['non-toxic', 'toxic', '', 'toxic'],
  ['ham', 'spam', 'spam', 'spam'],
  ['correct', 'wrong', '', 'correct'],
  ['0', '1', 'absent', '1'],
])('labels of %s and %s, %s named, mean by %s that it is true', async (a, b, truth, yes) => {
  const path = written('words.csv', `text,label\none,${a}\ntwo,${b}\nthree,${a}\n`);
  const { items } = await table(path, { truth });
  expect(items.map(({ label }) => label)).toEqual([a, b, a].map((word) => Number(word === yes)));
});

it.skipIf(!existsSync(DATA))('the files of ../shared are read as they are', async () => {
  const toxic = await table(join(DATA, 'toxicity/toxicity_en.csv'), {});
  expect(toxic.items.filter(({ label }) => label === 1)).toHaveLength(501);
  const svamp = await table(join(DATA, 'svamp/SVAMP.json'), { mode: 'answer' });
  expect(svamp.items).toHaveLength(1000);
  expect(svamp.items[0]).toMatchObject({
    text: 'Each pack of dvds costs 76 dollars. If there is a discount of 25 dollars on each pack. How much do you have to pay to buy each pack?\nAnswer:',
    accepted: ['51'],
  });
  const cities = await table(join(DATA, 'geometry-of-truth/cities.csv'), {});
  expect([cities.groupedBy, cities.items.length]).toEqual(['city', 1496]);
  const facts = await table(join(DATA, 'geometry-of-truth/counterfact_true_false.csv'), {});
  expect([facts.items.length, facts.items.filter(({ label }) => label === 1).length]).toEqual([31964, 15982]);
});
