/** @file Everything that is asked of a language model, asked of the tiny one that is shipped. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CaptureBatch,
  CaptureRequest,
  CaptureSummary,
  GenerateRequest,
  Generation,
  HookCertificate,
  LanguageAttention,
  LanguageFacts,
  LanguageLens,
  LanguageLook,
  LanguageScore,
  LanguageToken,
  TextLikelihood,
} from '../../contract/language';
import { languageService, type LanguageCall, type LanguageNews } from './service';

const path = join(import.meta.dirname, '../../../samples/tiny-lm');
const TEXT = 'The market in Paris sells bread.';
let folder: string;
let answer: ReturnType<typeof languageService>;
const news: LanguageNews[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-service-'));
  answer = languageService();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ask<T>(question: LanguageCall['ask'], signal = new AbortController().signal): Promise<T> {
  news.length = 0;
  const call = { path, threads: 1, cacheFolder: folder, ask: question };
  return (await answer(call, { signal, update: (one) => void news.push(one) })) as T;
}

describe('the shipped tiny model', () => {
  it('says what it is', async () => {
    const facts = await ask<LanguageFacts>({ kind: 'facts' });
    expect(facts).toMatchObject({
      kind: 'decoder',
      family: 'llama',
      level: 'fp32',
      tokenizer: { missing: null },
    });
    expect(facts.hooks.map(({ id }) => id)).toContain('resid_post:0');
    expect(facts.levels.map(({ available }) => available)).toEqual([true, false, false]);
  });

  it('reads a text whose tokens put together are the text', async () => {
    const tokens = await ask<LanguageToken[]>({ kind: 'tokens', text: TEXT });
    expect(tokens.map(({ text }) => text).join('')).toBe(TEXT);
    expect(await ask({ kind: 'tokens', text: '' })).toEqual([]);
  });

  it('shows every layer and token, and what it would say next', async () => {
    const look = {
      kind: 'look',
      text: TEXT,
      level: 'fp32',
      measure: { kind: 'norm' },
      role: 'resid_post',
    } as const;
    const found = await ask<LanguageLook>(look);
    const facts = await ask<LanguageFacts>({ kind: 'facts' });
    expect(found.rows[0]!.hook).toBe('embed');
    expect(found.rows).toHaveLength(facts.layers + 1);
    expect(found.values).toHaveLength(found.rows.length * found.tokens.length);
    expect(found.values.every((value) => value > 0)).toBe(true);
    expect(found.next).toHaveLength(found.tokens.length);
    const score = await ask<LanguageScore>({ kind: 'score', text: TEXT, level: 'fp32' });
    found.logProbabilities.forEach((value, k) => {
      if (k > 0) expect(value).toBeCloseTo(score.logProbabilities[k]!, 3);
    });
  });

  it('is at no distance from itself, and at some from another text', async () => {
    const base = { kind: 'look', text: TEXT, level: 'fp32', role: 'resid_post' } as const;
    const same = await ask<LanguageLook>({ ...base, measure: { kind: 'text', other: TEXT } });
    expect(same.values.every((value) => value === 0)).toBe(true);
    const other = await ask<LanguageLook>({ ...base, measure: { kind: 'text', other: `${TEXT} More.` } });
    expect(other.values[0]).toBe(0);
    const cell = { kind: 'cell', text: TEXT, position: 2, layer: 0, name: 'this' } as const;
    const cosines = await ask<LanguageLook>({ ...base, measure: { kind: 'cosine', direction: cell } });
    expect(cosines.values[1 * cosines.tokens.length + 2]).toBeCloseTo(1, 5);
  });

  it('is compared with a model of the same tokens, and with no other', async () => {
    const twin = join(folder, 'twin');
    cpSync(path, twin, { recursive: true });
    const compared = (other: string) => {
      const look = { kind: 'look', text: TEXT, level: 'fp32', role: 'resid_post' } as const;
      const question = { ...look, measure: { kind: 'model', other: '0'.repeat(16) } } as const;
      const call = { path, threads: 1, cacheFolder: folder, ask: question, other };
      return answer(call, {
        signal: new AbortController().signal,
        update: () => {},
      }) as Promise<LanguageLook>;
    };
    expect((await compared(twin)).values.every((value) => value === 0)).toBe(true);
    const changed = join(folder, 'changed');
    cpSync(path, changed, { recursive: true });
    const config = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as object;
    writeFileSync(join(changed, 'config.json'), JSON.stringify({ ...config, rms_norm_eps: 0.1 }));
    const { values, tokens } = await compared(changed);
    expect(values[0], 'the embedding is the same').toBe(0);
    expect(values.at(-1)).toBeGreaterThan(0.001);
    expect(values.length % tokens.length).toBe(0);
    const spelling = join(folder, 'spelling');
    cpSync(path, spelling, { recursive: true });
    const file = join(spelling, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8')) as { model: { merges: unknown[] } };
    tokenizer.model.merges.length = 3;
    writeFileSync(file, JSON.stringify(tokenizer));
    await expect(compared(spelling)).rejects.toMatchObject({ code: 'tokens-differ' });
  });

  it('shows one unit of a hook as the share it has of the state', async () => {
    const values = new Float32Array(176);
    values[5] = 1;
    const direction = { kind: 'vector', values, name: 'unit 5' } as const;
    const base = { kind: 'look', text: TEXT, level: 'fp32', measure: { kind: 'cosine', direction } } as const;
    const found = await ask<LanguageLook>({ ...base, role: 'mlp_act' });
    const states = found.values.map((cosine, k) => cosine * found.norms[k]!);
    expect(Math.max(...states.map(Math.abs))).toBeGreaterThan(0.01);
    await expect(ask({ ...base, role: 'resid_post' })).rejects.toMatchObject({ code: 'widths-differ' });
  });

  it('is read by the logit lens, whose last row is what it says', async () => {
    const lens = await ask<LanguageLens>({ kind: 'lens', text: TEXT, position: 3, level: 'fp32', top: 3 });
    const last = lens.rows.at(-1)!;
    expect(last.agrees).toBe(true);
    expect(last.divergence).toBeCloseTo(0, 6);
    expect(last.top[0]!.probability).toBe(last.finalProbability);
    const look = {
      kind: 'look',
      text: TEXT,
      level: 'fp32',
      measure: { kind: 'norm' },
      role: 'resid_post',
    } as const;
    expect((await ask<LanguageLook>(look)).next[3]!.probability).toBeCloseTo(last.finalProbability, 4);
  });

  it('attends with shares that sum to one, and only backwards', async () => {
    const found = await ask<LanguageAttention>({
      kind: 'attention',
      text: TEXT,
      layer: 1,
      level: 'fp32',
      cells: 64,
    });
    const { side, values, heads } = found;
    heads.forEach((_, h) => {
      for (let to = 0; to < side; to += 1) {
        const row = values.subarray((h * side + to) * side, (h * side + to + 1) * side);
        expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
        expect(row.subarray(to + 1).every((share) => share === 0)).toBe(true);
      }
    });
  });

  it('goes on with the same words for the same seed, and tells them as they come', async () => {
    const request: GenerateRequest = {
      kind: 'generate',
      input: { prompt: 'The market in' },
      sampling: {
        ...{ temperature: 1, topP: 0.9, topK: 0, minP: 0, repetitionPenalty: 1 },
        ...{ seed: 4, maxTokens: 8, stop: [] },
      },
      level: 'fp32',
      alternatives: 3,
    };
    const first = await ask<Generation>(request);
    expect(news.flatMap((one) => (one?.kind === 'generate' ? one.tokens : []))).toHaveLength(
      first.tokens.length,
    );
    expect(first.tokens.map(({ text }) => text).join('')).toBe(first.text);
    first.tokens.forEach(({ id, logProbability, alternatives }) => {
      const same = alternatives.find((one) => one.id === id);
      if (same) expect(Math.log(same.probability)).toBeCloseTo(logProbability, 3);
    });
    expect((await ask<Generation>(request)).text).toBe(first.text);
    const stopped = new AbortController();
    stopped.abort();
    expect((await ask<Generation>(request, stopped.signal)).finish).toBe('stopped');
  });

  it('passes its own certification', async () => {
    const found = await ask<HookCertificate[]>({ kind: 'certify' });
    expect(found.filter(({ verdict }) => verdict !== 'passes')).toEqual([]);
    expect(news.length).toBe(found.length);
  });

  it('captures the same vectors alone and in a batch, and its mean is the mean of its tokens', async () => {
    const texts = [TEXT, 'A short one.', 'Anna runs along the river and does not stop.'];
    const request: CaptureRequest = {
      ...{ kind: 'capture', hooks: 'resid_post:*', pooling: { kind: 'mean' }, first: false },
      ...{ level: 'fp32', batch: 8, maxTokens: 0, texts, from: 10 },
    };
    const summary = await ask<CaptureSummary>(request);
    expect(summary).toMatchObject({ cut: 0, whole: true });
    const [together] = batches();
    expect([...together!.rows].sort()).toEqual([10, 11, 12]);
    await ask({ ...request, batch: 1 });
    const alone = batches();
    await ask({ ...request, pooling: { kind: 'none' }, batch: 1 });
    const tokens = batches();
    for (const [at, row] of together!.rows.entries())
      for (const { id, width } of summary.hooks) {
        const vector = together!.values[id]!.subarray(at * width, (at + 1) * width);
        const single = alone.find(({ rows }) => rows[0] === row)!.values[id]!;
        const states = tokens.find(({ rows }) => rows[0] === row)!.values[id]!;
        const count = states.length / width;
        vector.forEach((value, m) => {
          expect(value).toBeCloseTo(single[m]!, 4);
          const mean =
            Array.from({ length: count }, (_, t) => states[t * width + m]!).reduce((a, b) => a + b) / count;
          expect(value).toBeCloseTo(mean, 4);
        });
      }
  });

  it('pools in several ways in one pass, side by side', async () => {
    const of = [{ kind: 'last' }, { kind: 'position', position: -2 }, { kind: 'mean' }] as const;
    const request: CaptureRequest = {
      ...{ kind: 'capture', hooks: 'resid_post:1', pooling: { kind: 'each', of }, first: true },
      ...{ level: 'fp32', batch: 8, maxTokens: 0, texts: [TEXT, 'A short one.'], from: 0 },
    };
    const { hooks } = await ask<CaptureSummary>(request);
    const width = hooks[0]!.width;
    const together = batches()[0]!;
    for (const [k, pooling] of of.entries()) {
      await ask({ ...request, pooling });
      const alone = batches()[0]!;
      expect(alone.rows).toEqual(together.rows);
      for (const [at] of alone.rows.entries()) {
        const place = (at * of.length + k) * width;
        const side = together.values['resid_post:1']!.subarray(place, place + width);
        side.forEach((value, m) =>
          expect(value).toBeCloseTo(alone.values['resid_post:1']![at * width + m]!, 5),
        );
      }
    }
  });

  it('tells how likely texts are, and the ends of texts after a beginning', async () => {
    const texts = [TEXT, 'A short one.'];
    const asked = [...texts.map((text) => ({ text, prefix: '' })), { text: TEXT, prefix: 'The market in' }];
    const request = { kind: 'likelihood', texts: asked, level: 'fp32', batch: 3, from: 5 } as const;
    await ask(request);
    const found: TextLikelihood[] = [];
    for (const one of news)
      if (one?.kind === 'likelihood')
        one.news.rows.forEach((row, k) => (found[row - 5] = one.news.texts[k]!));
    for (const [k, text] of texts.entries()) {
      const { logProbabilities } = await ask<LanguageScore>({ kind: 'score', text, level: 'fp32' });
      const sum = logProbabilities.subarray(1).reduce((a, b) => a + b, 0);
      expect(found[k]!.sum).toBeCloseTo(sum, 2);
      expect(found[k]!.tokens).toBe(logProbabilities.length - 1);
    }
    const tokens = await ask<LanguageToken[]>({ kind: 'tokens', text: TEXT });
    const first = tokens.findIndex(({ end }) => end > 'The market in'.length);
    const score = await ask<LanguageScore>({ kind: 'score', text: TEXT, level: 'fp32' });
    const end = found[2]!;
    expect(end.sum).toBeCloseTo(
      score.logProbabilities.subarray(first).reduce((a, b) => a + b, 0),
      2,
    );
    const lens = { kind: 'lens', text: TEXT, position: first - 1, level: 'fp32', top: 1 } as const;
    const { rows } = await ask<LanguageLens>(lens);
    expect(end.entropy).toBeCloseTo(rows.at(-1)!.entropy, 2);
    expect(end.top).toBeCloseTo(rows.at(-1)!.top[0]!.probability, 3);
  });

  it.each([
    ['hooks-pattern', { hooks: 'nowhere:*' }],
    ['hook-unpooled', { hooks: 'pattern:0' }],
  ])('refuses a capture with %s', async (code, change) => {
    const request = {
      hooks: 'embed',
      pooling: { kind: 'mean' },
      first: true,
      level: 'fp32',
      batch: 1,
    } as const;
    await expect(
      ask({ kind: 'capture', ...request, maxTokens: 0, texts: ['a'], from: 0, ...change }),
    ).rejects.toMatchObject({ code });
  });

  it('says what goes where a question does not fit the model', async () => {
    const sampling = {
      ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, seed: 0 },
      ...{ maxTokens: 1_000_000, stop: [] },
    };
    const generate = (prompt: string): LanguageCall['ask'] => ({
      ...{ kind: 'generate', input: { prompt }, sampling, level: 'fp32', alternatives: 0 },
    });
    const { context } = await ask<LanguageFacts>({ kind: 'facts' });
    const long = 'The market in Paris sells bread. '.repeat(context);
    const at = { text: TEXT, level: 'fp32' } as const;
    const refused: [LanguageCall['ask'], object][] = [
      [generate(''), { code: 'prompt-empty', expected: 'at least one token' }],
      [generate(long), { code: 'context-exceeded', expected: `at most ${context - 1} tokens` }],
      [{ kind: 'score', text: '', level: 'fp32' }, { code: 'text-empty' }],
      [
        { kind: 'lens', ...at, position: 10_000, top: 3 },
        { code: 'position-outside', got: '10000' },
      ],
      [
        { kind: 'attention', ...at, layer: 9999, cells: 64 },
        { code: 'hook-unknown', expected: 'pattern:0 to pattern:3' },
      ],
      [{ kind: 'lens', ...at, text: '', position: 0, top: 3 }, { code: 'text-empty' }],
    ];
    for (const [question, detail] of refused)
      await expect(ask(question)).rejects.toMatchObject({ detail: { blame: 'input', ...detail } });
    // As many tokens as the context holds, however many are asked for.
    const made = await ask<Generation>(generate(TEXT));
    expect(['context', 'end']).toContain(made.finish);
    expect(made.promptTokens + made.tokens.length).toBeLessThanOrEqual(context);
  });
});

function batches(): CaptureBatch[] {
  return news.flatMap((one) => (one?.kind === 'capture' ? [one.batch] : []));
}
