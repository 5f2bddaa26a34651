/** @file What a run on the shipped tiny model learns after its sweep: the safe strength, and where a concept is read and written; the same after a stop. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerTo, Question } from '../../contract/query';
import type { Json } from '../../contract/schema';
import type { SteerQuestions } from '../../contract/steer';
import type { Engine } from '../../engine';
import type { Arrays } from '../../contract/define';
import { fromPlainJson, plainJson, unpacked } from '../../disk/packed-json';
import { languageService } from '../../inference/service/service';
import { languageSession } from '../../inference/service/session';
import { drawnMaps } from '../../inference/steering/testing';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { undeclared } from '../testing';
import { config as steerConfig } from './config';
import { detect } from './detect';
import { names, type RunTexts, type SideTexts, type StageContext } from './stages';
import { strength } from './strength';
import { makeJudges } from './texts/judges';
import { steer } from '.';

let bench: Workbench;
let engine: Engine;
let model: string;
let sentences: string;

beforeAll(async () => {
  bench = workbench([steer]);
  process.env.MONGE_HOME = join(bench.folder, 'home');
  engine = await bench.engine();
  model = (await engine.openPath('samples/tiny-lm', 'model')).id;
  sentences = (await engine.openPath('samples/sentences.jsonl')).id;
});
afterAll(() => bench.clean());

const FAST = {
  ...{ from: 'place', to: 'sport', n: 40, certify: false, neutralTexts: 0, prompt: ['The'], copies: 4 },
  ...{ maxTokens: 8, lambda: '0:1:1', topP: 1, control: 'none' },
  ...{
    strengthPrompts: 40,
    strengthWords: 4,
    strengthTokens: 4,
    detect: true,
    detectCopies: 24,
    detectTokens: 12,
  },
};
const start = (config: Record<string, Json> = {}) =>
  engine.startRun({
    method: 'steer',
    data: { model, source: sentences },
    config: { ...FAST, ...config },
    seed: 3,
  });
const finished = async (config: Record<string, Json> = {}) => engine.waitForRun((await start(config)).id);
const asker =
  (id: string) =>
  <N extends keyof SteerQuestions>(name: N, args: object = {}) =>
    engine.query(id, name, args) as Promise<AnswerTo<SteerQuestions[N] & Question>>;

/** Both stages on maps that are drawn, stopped again and again, each time after `patience` more questions whether to stop. */
async function learned(patience: number) {
  const answer = languageService();
  const path = 'samples/tiny-lm';
  const place = { path, threads: 1, cacheFolder: join(bench.folder, 'cache') };
  const session = languageSession(place, '', (call, update, { signal }) =>
    answer(call, { update, signal: signal ?? new AbortController().signal }),
  );
  const { hooks } = await session.ask({ kind: 'facts' });
  const maps = drawnMaps(
    hooks.filter(({ role }) => role === 'norm_mlp_in'),
    { size: 0.1 },
  );
  const side = (name: string, word: string): SideTexts => {
    const of = (part: string) => Array.from({ length: 12 }, (_, k) => `The ${word} of ${part} ${k} is here.`);
    const parts = { fit: of('Anna'), train: of('Ben'), test: of('Carla'), calibration: of('David') };
    return { name, given: 48, sha256: '', ...parts };
  };
  const texts = { source: side('source', 'market'), target: side('target', 'team') };
  const neutral = { texts: [], says: '' };
  const config = steerConfig.parse({
    ...{ prompt: ['The'], detect: true, detectCopies: 3, detectTokens: 4, certify: false },
    ...{ strengthPrompts: 40, strengthWords: 5, strengthTokens: 3 },
  });
  const kept: Record<string, unknown> = {};
  const final: Record<string, number> = {};
  let memory: Record<string, unknown> = {};
  let asked = 0;
  let stops = 0;
  const context = {
    ...{ seed: 4, notice: () => undefined, progress: () => undefined },
    stopRequested: () => ++asked > patience * (stops + 1),
    final: (numbers: Record<string, number>) => void Object.assign(final, numbers),
    keep: async (name: string, arrays: Arrays) => void (kept[name] = unpacked(arrays)),
  };
  const runTexts: RunTexts = { ...texts, neutral, offensive: false, notes: [] };
  for (const stage of [strength, detect])
    for (;;) {
      let stored = plainJson(memory);
      const at: StageContext = {
        ...{
          context: context as never,
          session,
          config,
          texts: runTexts,
          neutral: [],
          memory,
          hooks: [],
          maps,
        },
        ...{ judges: makeJudges(runTexts, { lexicon: ['team*'] }), lambdas: [0, 0.5, 1], point: () => null },
        steering: (lambda) => ({ maps, lambda, first: true }),
        checkpoint: async () => void (stored = plainJson(memory)),
      };
      asked = 0;
      if (await stage(at)) break;
      stops += 1;
      expect(stops).toBeLessThan(100);
      memory = fromPlainJson(stored);
    }
  return { kept, final, stops };
}

describe('what a run learns', { timeout: 120_000 }, () => {
  it('is a safe strength with its level, and blocks that are read and steered', async () => {
    const run = await finished();
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(undeclared({ metrics: [], final: run.metrics } as never, steer.metrics)).toEqual([]);
    const ask = asker(run.id);
    const strength = (await ask('strength'))!;
    expect(strength).toMatchObject({ level: 0.9, prompts: 40 });
    expect(strength.safe).toBe(run.metrics.safeLambda);
    expect(strength.safe).toBeGreaterThan(0);
    expect(strength.safe).toBeLessThanOrEqual(1);
    expect(strength.lambdas[0]).toBe(0);
    expect(strength.lambdas.at(-1)).toBe(1);
    for (const { quantile, mean } of strength.effects) {
      expect(quantile).toHaveLength(strength.lambdas.length);
      expect(mean[1]).toBeGreaterThanOrEqual(0);
    }
    const divergence = strength.effects.find(({ id }) => id === 'divergence')!;
    expect(divergence.mean[0]).toBe(0);
    expect(divergence.mean.at(-1)).toBeGreaterThan(divergence.mean[1]!);
    const violated = [...strength.violated];
    expect(violated).toEqual([...violated].sort((a, b) => a - b));
    expect(run.notices.join()).toContain(strength.says);

    const detect = (await ask('detect'))!;
    expect(detect).toMatchObject({ blocks: [0, 1, 2, 3], hook: 'resid_post', lambda: 1, continuations: 24 });
    // Words of sport and of places are told apart at every block, and shifts point to where the words are.
    expect(Math.min(...detect.auc)).toBeGreaterThan(0.9);
    expect(Math.min(...detect.cosineMeans)).toBeGreaterThan(0.5);
    for (const [k, gain] of detect.gain.entries()) {
      expect(detect.gainLow[k]).toBeLessThanOrEqual(gain);
      expect(detect.gainHigh[k]).toBeGreaterThanOrEqual(gain);
    }
    expect(Math.max(...detect.judged)).toBeGreaterThan(0.05);
    expect(run.metrics['detect.steeredBest']).toBe(detect.steeredBest);
  });

  it('is the same after a stop in either stage, of which nothing is done twice', async () => {
    const whole = await learned(Infinity);
    expect(whole.stops).toBe(0);
    const stopped = await learned(9);
    expect(stopped.stops).toBeGreaterThan(3);
    expect(stopped.kept).toEqual(whole.kept);
    expect(stopped.final).toEqual(whole.final);
    expect(Object.keys(whole.kept).sort()).toEqual([names.detect, names.strength]);
  });

  it('is nothing where it is not asked for, and is said where it cannot be had', async () => {
    const quiet = await finished({ strengthPrompts: 0, detect: false });
    expect(quiet.status).toBe('done');
    expect(await asker(quiet.id)('strength')).toBeNull();
    expect(await asker(quiet.id)('detect')).toBeNull();
    const unable = await finished({ lambda: '-1', mainLambda: -1, detectRole: 'resid_nowhere' });
    expect(unable.status).toBe('done');
    expect(unable.notices.join()).toContain('no strength above 0');
    expect(unable.notices.join()).toContain('resid_nowhere');
  });
});
