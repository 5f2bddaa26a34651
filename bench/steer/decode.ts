/**
 * @file Decoding SmolLM2-135M with and without steering, in turns in one process, so that a disturbed second falls on both:
 * each pair of neighbours gives one ratio, and the median of these counts.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Steering } from '../../main/contract/steering';
import { openLanguageModel, type LanguageModel } from '../../main/inference/language-model';
import { makeMap } from '../../main/steering/map';
import { stream } from '../../native-models';
import { idsOf, sampling } from '../lm/protocol';
import type { Row } from '../report';

const THREADS = 2;
const CONTEXT = 64;
const TOKENS = 64;
/** Neighbours of each level for one repeat asked for. */
const PAIRS = 6;
/** Of the speed without steering: a slow-down under 2 %. */
const GOAL = 0.98;

const settings = {
  fp32: { level: 'fp32', use: 'exact' },
  'level 0, rescored': { level: '4-bit-0', use: 'chat' },
  'chat level 4': { level: '4-bit-4', use: 'chat' },
} as const;

/** Rows of decoding with maps at the outputs of all block norms, λ = 1; none where the model is not there. */
export async function benchSteeredDecoding(repeats: number): Promise<Row[]> {
  const folder = process.env['MONGE_MODELS'] ?? '.cache/models';
  const path = resolve(folder, 'smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf');
  if (!existsSync(path)) {
    process.stderr.write(`bench steer is left out: ${path} is not there; \`npm run models\` fetches it\n`);
    return [];
  }
  const cacheFolder = await mkdtemp(join(tmpdir(), 'monge-bench-steer-'));
  const rows: Row[] = [];
  try {
    for (const [name, { level, use }] of Object.entries(settings)) {
      const place = { level, use, threads: THREADS, cacheFolder };
      const plain = await openLanguageModel(path, place);
      const steered = await openLanguageModel(path, place);
      try {
        for (const [maps, first] of [
          ['everywhere', true],
          ['but for the first token', false],
        ] as const)
          rows.push(await paired(name, maps, plain, steered, normMaps(plain, first), repeats * PAIRS));
      } finally {
        await plain.close();
        await steered.close();
      }
    }
  } finally {
    await rm(cacheFolder, { recursive: true, force: true });
  }
  return rows;
}

/** An affine map near the identity at every norm that opens a branch. */
function normMaps({ config }: LanguageModel, first: boolean): Steering {
  const { layers, width } = config;
  const maps = Array.from({ length: layers }, (_, layer) =>
    ['norm_attn_in', 'norm_mlp_in'].map((role) => {
      const hook = `${role}:${layer}`;
      const draw = (name: string) => stream(0, `bench/${hook}/${name}`).normal(new Float32Array(width));
      return makeMap({
        hook,
        w: draw('w').map((value) => 1 + 0.05 * value),
        beta: draw('beta').map((value) => 0.02 * value),
      });
    }),
  ).flat();
  return { maps, lambda: 1, first };
}

/** What one decoding took, a token: by the clock, and by the processor, which other programs disturb less. */
interface Times {
  wall: number;
  processor: number;
}

async function paired(
  setting: string,
  where: string,
  plain: LanguageModel,
  steered: LanguageModel,
  steering: Steering,
  pairs: number,
): Promise<Row> {
  const one = (k: number) => (k % 2 === 0 ? decode(plain, null) : decode(steered, steering));
  await one(0);
  await one(1);
  const times: Times[] = [];
  for (let k = 0; k <= pairs; k++) times.push(await one(k));
  // Each time beside the one before it.
  const ratios = (part: keyof Times) =>
    times
      .slice(1)
      .map((after, k) => [after[part], times[k]![part]] as const)
      .map(([after, before], k) => (k % 2 === 0 ? after / before : before / after));
  const of = (parity: number) => median(times.filter((_, k) => k % 2 === parity).map(({ wall }) => wall));
  const wall = ratios('wall');
  const slower = (values: readonly number[], at: number) =>
    `${(100 * (quantile(values, at) - 1)).toFixed(1)} %`;
  const processor = slower(ratios('processor'), 0.5);
  const remark = [
    `slower by ${slower(wall, 0.5)} in the median of ${wall.length} pairs`,
    `quartiles ${slower(wall, 0.25)} to ${slower(wall, 0.75)}`,
    `of processor time ${processor}`,
    `${Math.round(1000 / of(1))} beside ${Math.round(1000 / of(0))} tokens/s`,
  ].join(', ');
  process.stderr.write(`bench steer: ${setting}, ${where}: ${remark}\n`);
  return {
    ...{ bench: 'steer', case: `decode, ${TOKENS} tokens after ${CONTEXT}, all block norms, ${where}` },
    ...{ unit: 'ms a token', ours: of(1), setting },
    ...{ peer: 'itself unsteered', peerTime: of(0), peerSetting: 'two threads' },
    ...{ ratio: 1 / quantile(wall, 0.5), goal: GOAL, bound: null, remark },
  };
}

/** Milliseconds a token, the prompt and the first token left out. */
async function decode(model: LanguageModel, steering: Steering | null): Promise<Times> {
  const wall: number[] = [];
  const processor: number[] = [];
  await model.generate(
    [{ prompt: idsOf(CONTEXT) }],
    { ...sampling, maxTokens: TOKENS + 1, stopAtEnd: false },
    () => {
      const { user, system } = process.cpuUsage();
      processor.push((user + system) / 1000);
      wall.push(performance.now());
    },
    () => false,
    steering,
  );
  const lasted = (times: readonly number[]) => (times.at(-1)! - times[0]!) / TOKENS;
  return { wall: lasted(wall), processor: lasted(processor) };
}

const median = (values: readonly number[]) => quantile(values, 0.5);

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(at * (sorted.length - 1))]!;
}
