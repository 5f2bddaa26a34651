/** @file Where a probe reads the concept: per block the direction of probes on held-out texts, the shift of a map fitted on others, and their cosine. */
import type { LanguageSession } from '../../../contract/opened';
import type { RowMatrix } from '../../../contract/projection';
import type { HookMap, SteeringMethod } from '../../../contract/steering';
import type { RunContext } from '../../../contract/define';
import { abortable } from '../../../inference/for-methods/abortable';
import { aucOf } from '../../../numerics/ranking';
import { cosineOf } from '../../../probes/geometry';
import { fitProbe } from '../../../probes/place';
import { scoresOf } from '../../../probes/standardise';
import { fitHook } from '../../../steering/fit';
import type { SteerConfig } from '../config';
import type { RunTexts, SideTexts, SteeredHook } from '../stages';

/** Of a side; more change no digit of an area that is shown. */
const MOST_TRAINED = 160;
const MOST_TESTED = 100;
/** Of the training texts the probe's own penalty is chosen on. */
const VALIDATION = 0.25;

/** What is told of one block. */
export interface ReadBlock {
  map: HookMap;
  /** Cosine of the probe's direction, in the hook's own units, with the shift. */
  cosine: number;
  /** Of the difference of the held-out means with the shift: what two halves of the same texts agree on. */
  cosineMeans: number;
  /** Of either on texts that neither has seen. */
  auc: number;
  aucMeans: number;
}

export interface ReadAsked {
  session: LanguageSession;
  texts: Pick<RunTexts, 'source' | 'target'>;
  hooks: readonly SteeredHook[];
  config: Pick<SteerConfig, 'method' | 'first' | 'fitTokens' | 'level' | 'batch'>;
  seed: number;
}

/** One entry per hook; null where a stop was asked for. @throws the codes of capturing, and of `fitHook` */
export async function readBlocks(
  context: Pick<RunContext, 'stopRequested' | 'progress'>,
  { session, texts, hooks, config, seed }: ReadAsked,
): Promise<ReadBlock[] | null> {
  const parts = partsOf(texts);
  const all = parts.flatMap((part) => part.texts);
  const values = new Map(hooks.map(({ id, width }) => [id, new Float32Array(all.length * width)]));
  let done = 0;
  const { level, batch, first, fitTokens } = config;
  const whole = await abortable(context, (heard, signal) =>
    session.work(
      {
        ...{ kind: 'capture', hooks: hooks.map(({ id }) => id), pooling: { kind: 'mean' } },
        ...{ first, level, batch, maxTokens: fitTokens, texts: all, from: 0 },
      },
      (news) =>
        heard(() => {
          for (const { id, width } of hooks)
            news.rows.forEach((row, k) =>
              values.get(id)!.set(news.values[id]!.subarray(k * width, (k + 1) * width), row * width),
            );
          done += news.rows.length;
          context.progress({ stage: 'reading every block', step: done, steps: all.length });
        }),
      signal,
    ),
  );
  if (!whole) return null;
  const found: ReadBlock[] = [];
  for (const { id, width } of hooks) {
    if (context.stopRequested()) return null;
    const rows: RowMatrix = { data: values.get(id)!, rows: all.length, columns: width };
    found.push(readBlock(id, rows, parts, { method: config.method, seed }));
  }
  return found;
}

interface Part {
  texts: readonly string[];
  /** 1 for the target. */
  label: number;
  use: 'fit' | 'train' | 'validation' | 'test';
}

function partsOf({ source, target }: Pick<RunTexts, 'source' | 'target'>): Part[] {
  return [source, target].flatMap((side, label) => {
    const trained = side.train.slice(0, MOST_TRAINED);
    const cut = Math.floor(VALIDATION * trained.length);
    const of = (use: Part['use'], texts: readonly string[]): Part => ({ texts, label, use });
    return [
      of('fit', side.fit),
      of('validation', trained.slice(0, cut)),
      of('train', trained.slice(cut)),
      of('test', side.test.slice(0, MOST_TESTED)),
    ];
  });
}

/** Whether each side holds out enough to train, choose and test a probe. */
export function enoughHeldOut(sides: readonly SideTexts[]): boolean {
  return sides.every(({ train, test }) => train.length >= 8 && test.length >= 4);
}

/** One block, of pooled values in the order of the parts. */
export function readBlock(
  hook: string,
  rows: RowMatrix,
  parts: readonly Part[],
  { method, seed }: { method: SteeringMethod; seed: number },
): ReadBlock {
  const width = rows.columns;
  const labels = Uint8Array.from(parts.flatMap(({ texts, label }) => texts.map(() => label)));
  const uses = parts.flatMap(({ texts, use }) => texts.map(() => use));
  const items = (...wanted: Part['use'][]) =>
    Uint32Array.from([...uses.keys()].filter((item) => wanted.includes(uses[item]!)));
  const side = (label: number): RowMatrix => {
    const own = items('fit').filter((item) => labels[item] === label);
    const data = new Float32Array(own.length * width);
    own.forEach((item, k) => data.set(rows.data.subarray(item * width, (item + 1) * width), k * width));
    return { data, rows: own.length, columns: width };
  };
  const sides = { source: side(0), target: side(1) };
  // Maps that are learned together have no meaning one by one: the line through the sorted pairs is what they begin from.
  const { map } = fitHook(hook, sides, { method: method === 'lineas' ? 'linear-act' : method, seed });
  const shift = shiftOf(map, meanOf(sides.source, [...Array(sides.source.rows).keys()]));
  const split = { train: items('train'), validation: items('validation'), test: items('test') };
  const probe = fitProbe('lr-l2', { rows, labels, split });
  const held = [...split.train, ...split.validation];
  const means = [0, 1].map((label) =>
    meanOf(
      rows,
      held.filter((item) => labels[item] === label),
    ),
  );
  const difference = means[1]!.map((value, k) => value - means[0]![k]!);
  const tested = Uint8Array.from(split.test, (item) => labels[item]!);
  const aucAlong = (direction: Float64Array) =>
    aucOf(scoresOf(rows, split.test, { direction, offset: 0 }), tested);
  return {
    map,
    cosine: cosineOf(probe.score.direction, shift),
    cosineMeans: cosineOf(difference, shift),
    auc: aucAlong(probe.score.direction),
    aucMeans: aucAlong(difference),
  };
}

/** What the map adds to the mean of the source at λ = 1: β + (w − 1)·mean, unit by unit. */
export function shiftOf({ w, beta, units }: HookMap, mean: ArrayLike<number>): Float64Array {
  return Float64Array.from(w, (slope, k) => (units[k] ? beta[k]! + (slope - 1) * mean[k]! : 0));
}

function meanOf({ data, columns }: RowMatrix, items: readonly number[]): Float64Array {
  const mean = new Float64Array(columns);
  for (const item of items)
    for (let k = 0; k < columns; k++) mean[k]! += data[item * columns + k]! / items.length;
  return mean;
}
