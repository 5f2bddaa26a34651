/** @file Every code with which files and models are refused stands in docs/interchange.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const folders =
  'main/models main/inference main/foreign main/server/openai native-models/io native-models/onnx native-models/zoo/language'.split(
    ' ',
  );

it('every code is documented, and every documented code is one', () => {
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/test\.ts$|testing/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const thrown = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/\bcode: (?:[^',{}]+\? )?'([a-z0-9-]+)'(?:\s*: '([a-z0-9-]+)')?/g)].flatMap(
        ([, one, other]) => [one!, ...(other ? [other] : [])],
      ),
    ),
  );
  expect(thrown.size).toBeGreaterThan(80);
  const page = readFileSync('docs/interchange.md', 'utf8');
  const rows = page
    .slice(page.indexOf('## Codes'))
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const documented = rows.flatMap((row) =>
    [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!),
  );
  const whole = (code: string) =>
    documented.includes(code) ||
    documented.some((one) => one.endsWith('…') && code.startsWith(one.slice(0, -1)));
  expect([...thrown].filter((code) => !whole(code)).sort()).toEqual([]);
  const all = sources.join('\n');
  expect(documented.filter((code) => !code.endsWith('…') && !all.includes(`'${code}'`))).toEqual([]);
});
