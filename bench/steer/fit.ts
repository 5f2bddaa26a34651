/**
 * @file Maps at all block norms of SmolLM2-135M, fitted causally on sentences about football and on others, beside the order
 * of work of the released code in PyTorch: the model from the start again for every hook. Same sentences, same threads.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FitSteeringResult } from '../../main/contract/steering-fit';
import { openLanguage } from '../../main/inference/service/opened';
import { fitSteering } from '../../main/inference/steering/fit/fit-steering';
import type { BenchContext } from '../index';
import { failureOf } from '../peer';
import { besideBest, type Row } from '../report';

const THREADS = 2;
/** Of a side, or fewer where fewer are asked for. */
const MOST_SENTENCES = 128;
const TOKENS = 32;
const BATCH = 16;
/** Times as fast as the peer. */
const GOAL = 3;
const MOST_SECONDS = 60;
const CONCEPT = '../shared/data/steering/concepts/football-1_04_00__.json';

/** What bench/reference/steering/fit_by_hooks.py prints. */
interface PeerFit {
  peer: string;
  seconds: number;
  /** Of all cores together, which other programs disturb less than the clock. */
  processor: number;
  /** Of some hooks. */
  maps: Record<string, { w: number[]; beta: number[] }>;
}

interface Fitted {
  seconds: number;
  processor: number;
  result: FitSteeringResult;
}

/** One row; none where the model or the sentences are not there. */
export async function benchSteeredFit(context: BenchContext): Promise<Row[]> {
  const model = resolve(
    process.env['MONGE_MODELS'] ?? '.cache/models',
    'smollm2',
    'SmolLM2-135M-Instruct.Q4_1.gguf',
  );
  const lacking = [model, CONCEPT].find((path) => !existsSync(path));
  if (lacking !== undefined) {
    process.stderr.write(`bench steer --fit is left out: ${lacking} is not there\n`);
    return [];
  }
  const { sentences } = JSON.parse(await readFile(CONCEPT, 'utf8')) as {
    sentences: Record<'positive' | 'negative', string[]>;
  };
  const count = Math.min(MOST_SENTENCES, context.sentences);
  const sides = {
    source: sentences.negative.slice(0, count),
    target: sentences.positive.slice(0, count),
  };
  const folder = await mkdtemp(join(tmpdir(), 'monge-bench-fit-'));
  try {
    const { ours, ids } = await fitted(model, sides, folder, context.repeats);
    const best = ours.reduce((least, one) => (one.seconds < least.seconds ? one : least));
    const file = join(folder, 'ids.json');
    await writeFile(file, JSON.stringify(ids));
    const told = ours.map(
      ({ seconds, processor }) => `${seconds.toFixed(1)} (${processor.toFixed(1)} of processor time)`,
    );
    process.stderr.write(`bench steer: ours ${told.join(', ')} s; the peer …\n`);
    const theirs = await peerFit(context, model, file);
    const besides = 'result' in theirs ? theirs.result : null;
    return [
      {
        bench: 'steer',
        case: `fit, ${count} + ${count} sentences of at most ${TOKENS} tokens, ${best.result.hooks.length} block norms, causal`,
        ...{ unit: 's to fit', setting: `fp32, ${THREADS} threads` },
        ...besideBest(
          best.seconds,
          besides && { peer: besides.peer, time: besides.seconds, setting: `${THREADS} threads` },
        ),
        ...{ goal: GOAL, bound: { time: MOST_SECONDS, source: 'specification' } },
        remark: 'result' in theirs ? beside(best, theirs.result) : theirs.missing,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fitted again and again in one opened model, and the ids of the tokens that were fitted on. */
async function fitted(
  model: string,
  sides: Record<'source' | 'target', string[]>,
  folder: string,
  repeats: number,
): Promise<{ ours: Fitted[]; ids: Record<string, number[][]> }> {
  const opened = await openLanguage(model, { threads: THREADS, cacheFolder: folder });
  try {
    const { insides } = opened;
    const ids: Record<string, number[][]> = {};
    for (const [side, texts] of Object.entries(sides)) {
      ids[side] = [];
      for (const text of texts)
        ids[side].push((await insides.tokens(text)).slice(0, TOKENS).map(({ id }) => id));
    }
    // Weights are written when a model is looked into for the first time.
    await (await insides.runs('fp32')).run({ ids: [[1]], hooks: ['norm_attn_in:0'] });
    const hooks = insides.hooks.filter(({ role }) => role === 'norm_attn_in' || role === 'norm_mlp_in');
    const ours: Fitted[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const begin = performance.now();
      const used = process.cpuUsage();
      const result = await fitSteering(
        { insides, imported: false },
        {
          ...{ kind: 'fit-steering', ...sides, method: 'linear-act', hooks: hooks.map(({ id }) => id) },
          ...{ pooling: 'mean', first: true, support: 'q_all', supportFrom: 'pooled', seed: 0 },
          ...{ estimation: 'causal', targets: 'steered', level: 'fp32', batch: BATCH, maxTokens: TOKENS },
        },
        () => undefined,
        new AbortController().signal,
      );
      const { user, system } = process.cpuUsage(used);
      const seconds = (performance.now() - begin) / 1000;
      ours.push({ seconds, processor: (user + system) / 1e6, result });
    }
    return { ours, ids };
  } finally {
    await opened.close();
  }
}

async function peerFit(
  context: BenchContext,
  model: string,
  file: string,
): Promise<{ result: PeerFit } | { missing: string }> {
  try {
    return await context.peerProcess<PeerFit>('steering/fit_by_hooks.py', [model, file, THREADS, BATCH]);
  } catch (error) {
    return { missing: `the peer failed: ${failureOf(error)}` };
  }
}

function beside({ processor, result }: Fitted, peer: PeerFit): string {
  return [
    `of processor time ${processor.toFixed(1)} beside ${peer.processor.toFixed(1)} s, ${(peer.processor / processor).toFixed(1)}×`,
    `maps of the first, middle and last hook differ by at most ${largestDifference(result, peer).toExponential(1)}`,
  ].join('; ');
}

/** Largest difference of w, and of β in deviations of β, over the hooks that both tell. */
function largestDifference({ hooks }: FitSteeringResult, { maps }: PeerFit): number {
  let largest = 0;
  for (const { map } of hooks) {
    const other = maps[map.hook];
    if (!other) continue;
    const size = Math.sqrt(map.beta.reduce((sum, beta) => sum + beta * beta, 0) / map.beta.length);
    map.w.forEach((w, unit) => {
      largest = Math.max(largest, Math.abs(w - other.w[unit]!));
      largest = Math.max(largest, Math.abs(map.beta[unit]! - other.beta[unit]!) / size);
    });
  }
  return largest;
}
