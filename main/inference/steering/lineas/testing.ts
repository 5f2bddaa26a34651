/** @file Tiny decoders and encoders as models that LinEAS is fitted to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stream, type HookPoint, type HostArray } from '../../../../native-models';
import { readElements } from '../../../../native-models/io/elements';
import { loadTensorFixture } from '../../../../native-models/testing/language-fixture';
import { openCompute } from '../../../compute/session';
import type { RowMatrix } from '../../../contract/projection';
import type { Steering } from '../../../contract/steering';
import { buildGraph, describeModel } from '../../../models/checkpoint-graph';
import { builtModel } from '../../insides/built-model';
import type { Insides } from '../../insides/insides';
import type { HookedModel } from '../../insides/runs';
import { weightFileName, weightFolder } from '../../weight-cache';
import { identityFeeds, strengthFeeds } from '../strength';
import { measured, sortedRows } from './batches';
import { pooledGraph, pooledValues } from './forward';

/** Opens the fixtures of native-models/zoo/language; `close` ends all. */
export class TinyHooked {
  readonly compute = openCompute({ threads: 1 });
  readonly folder = mkdtemp(join(tmpdir(), 'monge-lineas-'));

  async open(name: string): Promise<HookedModel> {
    const { config, source } = loadTensorFixture(name);
    const cache = { folder: await this.folder };
    return builtModel({
      ...{ compute: this.compute, name },
      graph: (outputs, steering) =>
        buildGraph(source, describeModel(config), outputs, weightFileName, 'fp32', steering ?? null),
      folder: (weights) => weightFolder(name, weights, cache, 'test'),
    });
  }

  async close(): Promise<void> {
    await this.compute.close();
    await rm(await this.folder, { recursive: true, force: true });
  }
}

/** The weights of a fixture by their names in the graph. */
export async function weightsOf(name: string): Promise<Record<string, HostArray>> {
  const { config, source } = loadTensorFixture(name);
  const { weights } = buildGraph(source, describeModel(config), [], weightFileName);
  const read = weights.map(async (weight) => {
    const { data } = readElements('float32', await weight.bytes());
    return [weight.name, { data: data as Float32Array, shape: [...weight.dims] }] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Ids of texts of two to `longest` tokens, drawn from `low` up to `high`. */
export function drawnTexts(
  label: string,
  count: number,
  { low = 3, high = 60, longest = 7 }: { low?: number; high?: number; longest?: number } = {},
): number[][] {
  return Array.from({ length: count }, (_, text) => {
    const from = stream(5, label, text);
    const length = 2 + from.integers(new Int32Array(1), longest - 1)[0]!;
    return Array.from(from.integers(new Int32Array(length), high - low), (id) => low + id);
  });
}

/**
 * Measures, at texts that were not fitted on, W₂² of the two sides after maps as a share of what it is without: both summed
 * over units in the variance of their hook, and over hooks. As many texts on both sides, cut at `most` tokens.
 */
export async function heldOut(
  insides: Pick<Insides, 'runs' | 'tokens'>,
  hooks: readonly HookPoint[],
  texts: { source: readonly string[]; target: readonly string[] },
  { first, most }: { first: boolean; most: number },
): Promise<(steering: Steering) => Promise<number>> {
  const { model } = await insides.runs('fp32');
  const idsOf = async (list: readonly string[]) => {
    const read: number[][] = [];
    for (const text of list) read.push((await insides.tokens(text)).slice(0, most).map(({ id }) => id));
    return read;
  };
  const ids = { source: await idsOf(texts.source), target: await idsOf(texts.target) };
  const values = async (rows: number[][], steering: Steering | null) => {
    const graph = pooledGraph(model, hooks, { first, at: 'after' });
    const session = await model.open(graph.model, 'extended');
    const maps = steering?.maps.map((map) => ({ ...map, units: map.units.map(() => 1) }));
    const feeds = steering
      ? strengthFeeds({ ...steering, maps: maps! }, graph.plan)
      : identityFeeds(graph.plan);
    const found = await pooledValues(session, graph, rows, { feeds, batch: 16 });
    await session.close();
    return found;
  };
  const [source, target] = [await values(ids.source, null), await values(ids.target, null)];
  const distance = (from: ReadonlyMap<string, RowMatrix>) =>
    hooks.reduce((sum, { id }) => {
      const [clean, to] = [source.get(id)!, target.get(id)!];
      const { scale } = measured(id, { source: clean, target: to });
      return sum + squaredDistance(from.get(id)!, to) / scale ** 2;
    }, 0);
  const before = distance(source);
  return async (steering) => distance(await values(ids.source, steering)) / before;
}

/** Σ over units of W₂² of as many rows on both sides. */
function squaredDistance(a: RowMatrix, b: RowMatrix): number {
  const rows = Int32Array.from({ length: a.rows }, (_, row) => row);
  const [z, v] = [sortedRows(a, rows), sortedRows(b, rows)];
  return z.reduce((sum, value, at) => sum + (value - v[at]!) ** 2, 0) / a.rows;
}
