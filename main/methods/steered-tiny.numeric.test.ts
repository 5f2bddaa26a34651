/** @file A model that was trained here on texts of eight topics, steered to one of them: its words, and what random maps of the same norm do. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stream } from '../../native-models';
import type { Json } from '../contract/schema';
import type { SteerTexts } from '../contract/steer';
import type { Engine } from '../engine';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { steer } from './steer';
import { tinyLm } from './tiny-lm';

const TOPICS = {
  football: 'goal match team league player keeper referee striker stadium penalty coach cup',
  river: 'water bank boat stream bridge ferry reed otter current shore ford delta',
  kitchen: 'bread butter oven onion soup pepper garlic spoon kettle pie rice salt',
  music: 'violin song choir drum piano chord melody concert flute tune rhythm opera',
  garden: 'rose seed spade hedge tulip lawn apple bee soil fern shed ivy',
  school: 'teacher pupil lesson chalk exam desk book pencil grammar class essay term',
  sky: 'star moon cloud comet planet orbit rocket dawn wind storm rain sun',
  harbour: 'ship anchor sail captain cargo dock rope lighthouse crew port wave mast',
};
const COMMON = 'the a and of in with was on'.split(' ');
const football = TOPICS.football.split(' ');

/** Words of one topic among common ones: the topic is known from any of its words, and holds to the end. */
function texts(count: number): { topic: string; text: string }[] {
  const names = Object.keys(TOPICS) as (keyof typeof TOPICS)[];
  const draw = new Int32Array(40);
  return Array.from({ length: count }, (_, k) => {
    stream(11, 'topics', k).integers(draw, 1 << 20);
    const topic = names[k % names.length]!;
    const words = TOPICS[topic].split(' ');
    const drawn = Array.from({ length: 14 }, (_one, at) => {
      const from = draw[2 * at]! % 10 < 4 ? COMMON : words;
      return from[draw[2 * at + 1]! % from.length]!;
    });
    return { topic, text: `the ${drawn.join(' ')}.` };
  });
}

let bench: Workbench;
let engine: Engine;
let model: string;
let data: string;

beforeAll(async () => {
  bench = workbench([tinyLm, steer]);
  process.env.MONGE_HOME = join(bench.folder, 'home');
  engine = await bench.engine();
  const path = join(bench.folder, 'topics.jsonl');
  const lines = texts(1600).map((row) => JSON.stringify(row));
  writeFileSync(path, `${lines.join('\n')}\n`);
  data = (await engine.openPath(path)).id;
  const text = (await engine.openPath(path, 'text')).id;
  const config = {
    ...{
      rows: 'texts',
      vocabulary: 460,
      layers: 2,
      width: 48,
      heads: 4,
      kvHeads: 2,
      hidden: 96,
      context: 48,
    },
    ...{ steps: 250, batchSize: 16, learningRate: 0.01, looks: 2, samples: 0 },
  };
  const { id } = await engine.startRun({ method: 'tiny-lm', data: { text }, config, seed: 1 });
  expect(await engine.waitForRun(id)).toMatchObject({ status: 'done', error: null });
  model = (await engine.openPath(join(bench.runs, id, 'artifacts'), 'model')).id;
}, 120_000);
afterAll(() => bench.clean());

/** Share of the words of all continuations that are of football. */
async function rates(seed: number, config: Record<string, Json> = {}) {
  const { id } = await engine.startRun({
    method: 'steer',
    data: { model, source: data },
    config: {
      ...{ to: 'football', labels: 'topic', certify: false, neutralTexts: 0, strengthPrompts: 0 },
      ...{ prompt: ['the'], copies: 16, maxTokens: 24, topP: 1, repetitionPenalty: 1, lambda: '0,1' },
      ...{ lexicon: football, ...config },
    },
    seed,
  });
  expect(await engine.waitForRun(id)).toMatchObject({ status: 'done', error: null });
  const rate = async (arm: 'fitted' | 'random', lambda: number) => {
    const { texts: found } = (await engine.query(id, 'texts', { arm, lambda })) as SteerTexts;
    const words = found.flatMap(({ text }) => text.match(/[a-z]+/g) ?? []);
    return words.filter((word) => football.includes(word)).length / Math.max(1, words.length);
  };
  return { none: await rate('fitted', 0), steered: await rate('fitted', 1), random: await rate('random', 1) };
}

it(
  'says the words of the target three times as often at λ = 1, and not with random maps',
  { timeout: 120_000 },
  async () => {
    const found: Awaited<ReturnType<typeof rates>>[] = [];
    for (const seed of [0, 1, 2, 3, 4]) found.push(await rates(seed));
    const mean = (of: 'none' | 'steered' | 'random') =>
      found.reduce((sum, one) => sum + one[of] / found.length, 0);
    expect(mean('none')).toBeGreaterThan(0.01);
    expect(mean('steered')).toBeGreaterThan(3 * mean('none'));
    // Seen: 0.06 without, 0.27 to 0.33 with the maps, 0 to 0.04 with random ones.
    for (const { none, steered } of found) expect(steered).toBeGreaterThan(2 * none);
    expect(mean('random')).toBeLessThan(1.5 * mean('none'));
  },
);
