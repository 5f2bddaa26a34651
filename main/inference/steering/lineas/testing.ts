/** @file Tiny decoders and encoders as models that LinEAS is fitted to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stream, type HostArray } from '../../../../native-models';
import { readElements } from '../../../../native-models/io/elements';
import { loadTensorFixture } from '../../../../native-models/testing/language-fixture';
import { openCompute } from '../../../compute/session';
import { buildGraph, describeModel } from '../../../models/checkpoint-graph';
import { builtModel } from '../../insides/built-model';
import type { HookedModel } from '../../insides/runs';
import { weightFileName, weightFolder } from '../../weight-cache';

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
