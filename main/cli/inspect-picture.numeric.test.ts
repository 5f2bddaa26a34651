/** @file `monge inspect MODEL --image`: what it prints and writes, recipes that replay bit for bit, and refusals that end with 2. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureReference, writeTinyVit } from '../inference/vision/testing';
import { commandLine } from './testing';

const folder = mkdtempSync(join(tmpdir(), 'monge-picture-'));
const at = (name: string) => join(folder, name);
const monge = commandLine(folder);
const { file, processors } = await pictureReference();
const json = ({ printed }: { printed: string[] }) =>
  JSON.parse(printed.join('\n')) as Record<string, unknown>;

beforeAll(async () => {
  await writeTinyVit(at('vit'), processors.vit);
  writeFileSync(at('a.png'), file);
  const data = Uint8Array.from({ length: 300 }, (_, k) => (k % 3 === 0 ? 2 * (k % 100) : 90));
  writeFileSync(at('b.png'), encode({ width: 10, height: 10, data, channels: 3, depth: 8 }));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a picture shown on the command line', () => {
  it('is drawn by components of its own patches, and says how it was read', async () => {
    const found = json(
      await monge(['inspect', at('vit'), '--image', at('a.png'), '--out', at('a-out.png'), '--json']),
    );
    expect(found).toMatchObject({
      ...{ hook: 'resid_post:1', grid: { rows: 3, columns: 3 }, leftOut: 'class token', same: true },
      image: { name: 'a.png', width: 23, height: 17 },
      fittedOn: { names: ['a.png'], patches: 9 },
    });
    const { width, height, channels } = decode(readFileSync(at('a-out.png')));
    expect([width, height, channels]).toEqual([48, 48, 3]);
  });

  it('is drawn again by a recipe, byte for byte, also beside pictures that were not fitted', async () => {
    const show = ['inspect', at('vit'), '--image'];
    const made = await monge([
      ...show,
      at('b.png'),
      '--fit',
      at('a.png'),
      '--fit',
      at('b.png'),
      '--hook',
      'q:1',
      '--patches',
      at('r.json'),
      '--out',
      at('1.png'),
      '--json',
    ]);
    const again = await monge([
      ...show,
      at('b.png'),
      '--recipe',
      at('r.json'),
      '--patches',
      at('r2.json'),
      '--out',
      at('2.png'),
      '--json',
    ]);
    expect(json(again)).toEqual(json(made));
    expect(json(again)).toMatchObject({ hook: 'q:1', same: true });
    expect(readFileSync(at('2.png'))).toEqual(readFileSync(at('1.png')));
    expect(readFileSync(at('r2.json'))).toEqual(readFileSync(at('r.json')));
  });

  it('is told in a table', async () => {
    const { printed } = await monge(['inspect', at('vit'), '--image', at('a.png')]);
    const text = printed.join('\n');
    expect(text).toContain('to 12 × 12 pixels, bilinear, times 1/255');
    expect(text).toMatch(/as the recipe +equal/);
  });

  it.each([
    ['bad-usage', ['--fit', at('a.png')]],
    ['bad-usage', ['--image', at('a.png'), '--fit', at('b.png'), '--recipe', at('r.json')]],
    ['file-not-found', ['--image', at('none.png')]],
    ['wrong-magic', ['--image', at('vit/config.json')]],
    ['recipe-malformed', ['--image', at('a.png'), '--recipe', at('vit/config.json')]],
    ['hook-unknown', ['--image', at('a.png'), '--hook', 'pattern:0']],
    ['file-exists', ['--image', at('a.png'), '--out', at('b.png')]],
  ])('ends with 2 and %s', async (code, flags) => {
    const found = await monge(['inspect', at('vit'), ...flags]);
    expect(found.code).toBe(2);
    expect(found.told).toContain(code);
  });
});
