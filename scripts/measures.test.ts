/** @file The rulers count what they say they count: each is tried on a small made-up checkout. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  castsOfAnswers,
  filesPerQuery,
  folderCycles,
  movedOut,
  repeats,
  sharedFilesNamingMethods,
  Tree,
} from './measures/index.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-measures-'));
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

function treeOf(files: Record<string, string>): Tree {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return new Tree(folder);
}

describe('folders in cycles', () => {
  const files = {
    'main/a/one.ts': `import { two } from '../b/two';\nexport const one = two;\n`,
    'main/b/two.ts': `import { three } from '../c/three';\nexport const two = three;\n`,
    'main/d/four.ts': `import { one } from '../a/one';\nexport const four = one;\n`,
  };

  it('are those that reach themselves', () => {
    const tree = treeOf({ ...files, 'main/c/three.ts': `export const three = () => import('../a/one');\n` });
    expect(folderCycles(tree, 'main').folders).toEqual(['main/a', 'main/b', 'main/c']);
  });

  it('are none where an import is of types only, or a test’s', () => {
    const tree = treeOf({
      ...files,
      'main/c/three.ts': `import type { One } from '../a/one';\nexport const three = 3 as One;\n`,
      'main/c/three.test.ts': `import { one } from '../a/one';\n`,
    });
    expect(folderCycles(tree, 'main').folders).toEqual([]);
  });
});

describe('repeats', () => {
  const logic = `export function mean(values: number[], scale: number) {
  let sum = 0;
  for (const value of values) sum += value * scale;
  if (values.length === 0) return sum;
  const count = values.length;
  const answer = sum / count;
  return values.map(() => answer);
}
`;
  const other = logic
    .replaceAll('values', 'rows')
    .replaceAll('value', 'row')
    .replaceAll('sum', 'total')
    .replace('= 0;', '= 1;');

  it('are found under other names, with comments and blanks between', () => {
    const spaced = other.replace('  if (', '\n  // Nothing to divide.\n  if (');
    const found = repeats(treeOf({ 'main/a.ts': logic, 'main/b.ts': spaced }));
    expect(found).toEqual([{ first: 'main/a.ts', second: 'main/b.ts', runs: 2, at: [1, 1] }]);
  });

  it('are none where one name stands for two', () => {
    const mixed = other.replace('return total;', 'return scale;');
    expect(repeats(treeOf({ 'main/a.ts': logic, 'main/b.ts': mixed }))).toEqual([]);
  });

  it('are none in a table of like lines', () => {
    const table = (name: string) => `export const ${name} = [\n${`  row('${name}', 1),\n`.repeat(9)}];\n`;
    expect(repeats(treeOf({ 'main/a.ts': table('a'), 'main/b.ts': table('b') }))).toEqual([]);
  });
});

it.each(movedOut)('the lines of what moved to %s are still counted', (place) => {
  const { files } = new Tree(join(import.meta.dirname, '..'));
  expect(files.some((path) => path.startsWith(place))).toBe(true);
});

describe('a method', () => {
  const files = {
    'main/methods/flow/index.ts': `import { paths } from './queries/paths';
export const flow = { id: 'flow', queries: { paths } };
throw new MongeError({ code: 'flow-too-long' });
`,
    'main/methods/flow/queries/paths.ts': `import type { PathsAnswer } from '../view';
export function paths(): PathsAnswer {
  return 1;
}
`,
    'main/methods/flow/view.ts': 'export type PathsAnswer = number;\n',
    'main/methods/index.ts': `import { flow } from './flow';\nexport const methods = [flow];\n`,
    'main/cli/codes.ts': `export const codes = ['flow-too-long', 'file-missing'];\n`,
    'renderer/app/Rail.svelte': `<script lang="ts">\nconst icons = { flow: 1 };\n</script>\n`,
    'renderer/app/words.ts': `export const words = 'a flow of words';\n`,
    'renderer/panels/flow/Panel.svelte': `<script lang="ts">
const answer = ask('paths') as PathsAnswer;
const other = ask<PathsAnswer>('paths');
const state = $state.raw<PathsAnswer | null>(null);
</script>
`,
  };

  it('is named in shared files', () => {
    expect(sharedFilesNamingMethods(treeOf(files))).toEqual([
      'main/cli/codes.ts',
      'main/methods/index.ts',
      'renderer/app/Rail.svelte',
    ]);
  });

  it('has a query in four files', () => {
    expect(filesPerQuery(treeOf(files))).toEqual([
      {
        query: 'flow.paths',
        files: [
          'main/methods/flow/index.ts',
          'main/methods/flow/queries/paths.ts',
          'main/methods/flow/view.ts',
          'renderer/panels/flow/Panel.svelte',
        ],
      },
    ]);
  });

  it('casts answers where it says their type itself', () => {
    expect(castsOfAnswers(treeOf(files))).toHaveLength(2);
  });
});
