/** @file A folder with a tiny ViT and a picture, asked as the view asks: against transformers and slow references. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../../native-models/testing/expect-close';
import type {
  HookCertificate,
  LanguageFacts,
  PatchAttention,
  PatchColours,
  PatchLikeness,
  PatchRecipe,
  ReadPicture,
} from '../../contract/language';
import { openLanguage, type OpenedLanguage } from '../service/opened';
import { languageService, type LanguageCall } from '../service/service';
import { pictureReference, writeTinyVit } from './testing';

const { arrays, processors, file } = await pictureReference();
const numbers = (name: string) => arrays[name]!.data as Float32Array;
const [patches, tokens, width, heads] = [9, 10, 24, 3];
let folder: string;
let path: string;
const answer = languageService();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-vision-'));
  path = await writeTinyVit(join(folder, 'tiny-vit'), processors.vit);
});
afterAll(() => rm(folder, { recursive: true }));

async function ask<T>(question: LanguageCall['ask'], of = path): Promise<T> {
  const call = { path: of, threads: 1, cacheFolder: join(folder, 'weights'), ask: question };
  return (await answer(call, { signal: new AbortController().signal, update: () => undefined })) as T;
}

const shown = (bytes = file, name = 'a.png', of = path) =>
  ask<ReadPicture>({ kind: 'picture', name, bytes }, of);
/** Another picture: red at the left, blue at the right. */
const other = encode({
  ...{ width: 6, height: 6, channels: 3, depth: 8 },
  data: Uint8Array.from(
    { length: 108 },
    (_, at) => (Math.floor(at / 3) % 6 < 3 ? [250, 20, 20] : [20, 20, 250])[at % 3]!,
  ),
});

describe('a picture shown to a ViT', () => {
  it('is read as the files say', async () => {
    const facts = await ask<LanguageFacts>({ kind: 'facts' });
    expect(facts).toMatchObject({ kind: 'image', layers: 2, heads, width });
    const picture = await shown();
    expect(picture).toMatchObject({ width: 23, height: 17, grid: { rows: 3, columns: 3 } });
    expect(picture.area).toEqual({ left: 0, top: 0, width: 1, height: 1 });
    expect(picture.says[0]).toBe('to 12 × 12 pixels, bilinear');
    expect(picture.shown.pixels).toEqual(arrays.rgb!.data);
  });

  it('has the states of transformers, from the file on', async () => {
    const opened: OpenedLanguage = await openLanguage(path, {
      threads: 1,
      cacheFolder: join(folder, 'weights'),
    });
    const vision = await opened.vision();
    const { id } = (await vision.answer({ kind: 'picture', name: 'a.png', bytes: file })) as ReadPicture;
    for (const [layer, hook] of ['resid_pre:0', 'resid_post:0', 'resid_post:1'].entries()) {
      const states = await vision.states(id, hook);
      expect([states.rows, states.columns]).toEqual([patches, width]);
      const from = (layer * tokens + 1) * width;
      expectClose(states.data, numbers('states').slice(from, from + patches * width), {
        atol: 1e-4,
        rtol: 1e-4,
      });
    }
    await opened.close();
  });
});

describe('the hooks of a ViT', () => {
  it('certify themselves on an image', async () => {
    const found = await ask<HookCertificate[]>({ kind: 'certify' });
    expect(found).toHaveLength(28);
    expect(found.filter(({ verdict }) => verdict !== 'passes')).toEqual([]);
    const checks = found.find(({ hook }) => hook === 'pattern:1')!.checks.map(({ name }) => name);
    expect(checks).toEqual(expect.arrayContaining(['identity', 'perturbation', 'recomputed']));
    expect(checks).not.toContain('padding');
  });
});

describe('patch colours', () => {
  const colours = (picture: string, fit: string[], recipe?: string) =>
    ask<PatchColours>({
      kind: 'patch-colours',
      picture,
      hook: 'resid_post:1',
      fit,
      ...(recipe !== undefined && { recipe }),
    });

  it('are projections on the components of the fitted patches', async () => {
    const { id } = await shown();
    const found = await colours(id, [id]);
    const recipe = JSON.parse(found.recipe) as PatchRecipe;
    expect(recipe).toMatchObject({ hook: 'resid_post:1', leftOut: 'class token', patches });
    expect(recipe.preprocessing[0]).toBe('to 12 × 12 pixels, bilinear');
    const states = numbers('states').slice((2 * tokens + 1) * width);
    // A slow reference: coordinates are centred, uncorrelated, and their variances those of the recipe.
    const column = (k: number) =>
      Array.from({ length: patches }, (_, row) => found.coordinates[row * 3 + k]!);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    for (const k of [0, 1, 2]) {
      expect(dot(column(k), column(k)) / (patches - 1)).toBeCloseTo(recipe.variances[k]!, 3);
      expect(Math.abs(dot(column(k), column((k + 1) % 3)))).toBeLessThan(1e-3);
      const slow = Array.from({ length: patches }, (_, row) =>
        dot(
          recipe.axes[k]!,
          Array.from(states.subarray(row * width, (row + 1) * width)).map(
            (value, m) => value - recipe.mean[m]!,
          ),
        ),
      );
      expectClose(column(k), slow, { atol: 1e-3, rtol: 1e-3 });
    }
    expect(found.explained.reduce((sum, share) => sum + share)).toBeLessThanOrEqual(1);
    expect(found.same).toBe(true);
  });

  it('replay bit for bit from a recipe, in a process that never saw the fit', async () => {
    const { id } = await shown();
    const { id: second } = await shown(other, 'b.png');
    const made = await colours(id, [id, second]);
    const there = await colours(second, [id, second]);
    expect(there.recipe).toBe(made.recipe);
    const fresh = languageService();
    const at = { path, threads: 2, cacheFolder: join(folder, 'elsewhere') };
    const by = { signal: new AbortController().signal, update: () => undefined };
    const again = (await fresh(
      { ...at, ask: { kind: 'picture', name: 'c.png', bytes: other } },
      by,
    )) as ReadPicture;
    const replay = (await fresh(
      {
        ...at,
        ask: {
          kind: 'patch-colours',
          picture: again.id,
          hook: 'resid_post:1',
          fit: [again.id],
          recipe: made.recipe,
        },
      },
      by,
    )) as PatchColours;
    expect(replay.rgb).toEqual(there.rgb);
    expect(replay.same).toBe(true);
    expect(replay.recipe).toBe(made.recipe);
  });

  it('are fitted on one picture and shown of another', async () => {
    const { id } = await shown();
    const { id: second } = await shown(other, 'b.png');
    const across = await colours(second, [id]);
    expect(across.fittedOn).toEqual({ names: ['a.png'], patches });
    expect(across.same).toBe(null);
    expect(across.rgb).not.toEqual((await colours(second, [second])).rgb);
  });

  it('refuse a recipe of another model, hook or way of reading', async () => {
    const { id } = await shown();
    const { recipe } = await colours(id, [id]);
    const changed = (change: object) => JSON.stringify({ ...(JSON.parse(recipe) as object), ...change });
    const code = (part: string): unknown => expect.objectContaining({ code: part });
    const model = { name: 'x', sha256: '0'.repeat(64) };
    await expect(colours(id, [id], changed({ model }))).rejects.toEqual(code('recipe-model-differs'));
    await expect(colours(id, [id], changed({ hook: 'q:0' }))).rejects.toEqual(code('recipe-hook-differs'));
    await expect(colours(id, [id], changed({ preprocessing: [] }))).rejects.toEqual(
      code('recipe-preprocessing-differs'),
    );
    await expect(colours(id, [id], '{}')).rejects.toEqual(code('recipe-malformed'));
  });
});

describe('likeness to a patch', () => {
  it('is the cosine of the states, 1 to the patch itself', async () => {
    const { id } = await shown();
    const { values } = await ask<PatchLikeness>({
      ...{ kind: 'patch-likeness', picture: id, hook: 'resid_post:0', to: { picture: id, patch: 4 } },
    });
    const state = (row: number) =>
      Array.from(numbers('states').subarray((tokens + 1 + row) * width, (tokens + 2 + row) * width));
    const target = state(4);
    const slow = Array.from({ length: patches }, (_, row) => {
      const one = state(row);
      return (
        one.reduce((sum, value, m) => sum + value * target[m]!, 0) /
        (Math.hypot(...one) * Math.hypot(...target))
      );
    });
    expectClose(values, slow, { atol: 1e-4, rtol: 0 });
    expect(values[4]).toBeCloseTo(1, 6);
  });

  it('may be to a patch of another picture', async () => {
    const { id } = await shown();
    const { id: second } = await shown(other, 'b.png');
    const { values } = await ask<PatchLikeness>({
      ...{ kind: 'patch-likeness', picture: second, hook: 'q:1', to: { picture: id, patch: 0 } },
    });
    expect(Math.max(...values)).toBeLessThan(1);
  });
});

describe('attention', () => {
  it.each(['class', 0, 8] as const)('from %s is the row of transformers, and sums to 1', async (from) => {
    const { id } = await shown();
    const found = await ask<PatchAttention>({ kind: 'patch-attention', picture: id, layer: 1, from });
    const row = from === 'class' ? 0 : 1 + from;
    for (let head = 0; head < heads; head += 1) {
      const at = ((heads + head) * tokens + row) * tokens;
      const expected = numbers('patterns').subarray(at, at + tokens);
      const values = found.values.subarray(head * patches, (head + 1) * patches);
      expectClose([found.classShare[head]!, ...values], expected, { atol: 1e-5, rtol: 1e-4 });
      expect(values.reduce((sum, share) => sum + share, found.classShare[head]!)).toBeCloseTo(1, 5);
      expect(found.entropy[head]).toBeGreaterThan(0);
    }
  });
});

describe('what cannot be answered', () => {
  it('is refused with a code', async () => {
    const { id } = await shown();
    const code = (part: string): unknown => expect.objectContaining({ code: part });
    const unknown = 'f'.repeat(64);
    await expect(ask({ kind: 'patch-attention', picture: unknown, layer: 0, from: 'class' })).rejects.toEqual(
      code('picture-unknown'),
    );
    await expect(ask({ kind: 'patch-attention', picture: id, layer: 9, from: 'class' })).rejects.toEqual(
      code('hook-unknown'),
    );
    await expect(ask({ kind: 'patch-attention', picture: id, layer: 0, from: 9 })).rejects.toEqual(
      code('position-outside'),
    );
    const likeness = { kind: 'patch-likeness', picture: id, to: { picture: id, patch: 0 } } as const;
    await expect(ask({ ...likeness, hook: 'pattern:0' })).rejects.toEqual(code('hook-unknown'));
    await expect(shown(file.slice(0, 200))).rejects.toEqual(code('corrupt-image'));
    const text = join(import.meta.dirname, '../../../samples/tiny-lm');
    await expect(shown(file, 'a.png', text)).rejects.toEqual(code('model-not-image'));
  });

  it('is refused where the size of the files disagree, or is absurd', async () => {
    const code = (part: string): unknown => expect.objectContaining({ code: part });
    const large = await writeTinyVit(join(folder, 'large'), { size: { height: 16, width: 16 } });
    await expect(shown(file, 'a.png', large)).rejects.toEqual(code('preprocessing-differs'));
    const absurd = await writeTinyVit(join(folder, 'absurd'), { size: { height: 1e6, width: 1e6 } });
    await expect(shown(file, 'a.png', absurd)).rejects.toEqual(code('preprocessing-unsupported'));
    const grown = await writeTinyVit(join(folder, 'grown'), null, { image_size: 16000 });
    await expect(shown(file, 'a.png', grown)).rejects.toEqual(code('checkpoint-shape'));
  });
});
