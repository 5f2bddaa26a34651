/** @file The rules refuse every import that must never be, and let a right one pass. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ESLint } from 'eslint';
import { beforeAll, expect, it } from 'vitest';
import { refusals, wrongImports } from './measures/index.mjs';

const root = join(import.meta.dirname, '..');
let refused: Record<string, string[]> = {};
beforeAll(async () => {
  refused = Object.fromEntries((await refusals(root)).map(({ name, rules }) => [name, rules]));
});

it.each(wrongImports)('refuses $name', ({ name }) => {
  expect(refused[name]).not.toEqual([]);
});

it.each(wrongImports)('speaks of places that are there: $name', ({ from, to }) => {
  expect(existsSync(join(root, dirname(from)))).toBe(true);
  if (!to.startsWith('node:')) expect(existsSync(join(root, to))).toBe(true);
});

it('lets a right import pass', async () => {
  const right = [
    { name: 'plots -> state', from: 'renderer/plots/right.ts', to: 'renderer/state/format.ts' },
    { name: 'onnx -> ir', from: 'native-models/onnx/right.ts', to: 'native-models/ir/graph.ts' },
    { name: 'runs -> data', from: 'main/runs/right.ts', to: 'main/data/table.ts' },
  ];
  expect((await refusals(root, right)).map(({ rules }) => rules)).toEqual([[], [], []]);
});

it.each([
  ['renderer/app/Wrong.svelte', '../../main/contract/define'],
  ['renderer/plots/Wrong.svelte', '../panels/panel'],
  ['renderer/panels/flows/Wrong.svelte', '../conformal/tabs'],
  ['renderer/panels/flows/motion/Wrong.svelte', '../../conformal/tabs'],
])('refuses a type in %s from %s, by lint', async (from, specifier) => {
  expect(await lintRefuses(from, specifier)).toBe(true);
});

it.each([
  ['renderer/app/Right.svelte', '../../main/rpc/contract'],
  ['renderer/plots/Right.svelte', '../state/format'],
  ['renderer/panels/flows/Right.svelte', '../shell/Shell.svelte'],
  ['renderer/panels/flows/motion/Right.svelte', '../../../plots/scene'],
])('lets a type pass in %s from %s', async (from, specifier) => {
  expect(await lintRefuses(from, specifier)).toBe(false);
});

async function lintRefuses(from: string, specifier: string): Promise<boolean> {
  const config = (await new ESLint({ cwd: root }).calculateConfigForFile(join(root, from))) as {
    rules: { 'no-restricted-imports': [unknown, { patterns: { regex: string }[] }] };
  };
  const [, { patterns }] = config.rules['no-restricted-imports'];
  return patterns.some(({ regex }) => new RegExp(regex, 'u').test(specifier));
}
