/** @file Base models behind one pair of functions: fitted on the training rows, opened from arrays, with heads for what scores ask in addition. */
import { constant, float32, toOnnx, trace, type Tensor } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { runRows } from '../../../compute/run-rows';
import type { Compute } from '../../../contract/compute';
import type { ConformalConfig } from '../config';
import type { Encoding } from '../../../tables/encode';
import type { Rows, Split } from '../../../tables/rows';
import type { Arrays, ModelInput } from '../../../contract/define';
import type { FitContext, OpenBaseModel, Part, TableShape } from '../types';
import { prefixed, under } from '../../../disk/named-arrays';
import { fitForest, forestMean } from './forest';
import {
  centreOf,
  networkOf,
  networkParts,
  PART_OF,
  trainNetwork,
  type NetworkKind,
  type TrainingConfig,
} from './networks';
import { fitRidge, ridgeMean } from './ridge';
import { fitUserModel, openUserBase } from './user-model';

export type ModelConfig = TrainingConfig & Pick<ConformalConfig, 'base' | 'ridge' | 'trees'>;

type RegressionKind = Exclude<NetworkKind, 'classifier'>;

/** Rows per run of a model's program. */
const ROWS_PER_RUN = 4096;
const NETWORK_BASES: Partial<Record<ConformalConfig['base'], RegressionKind>> = {
  ...{ mlp: 'mean', gaussian: 'gaussian', quantile: 'quantile', mixture: 'mixture' },
};
/** Heads that are trained beside a base model, in the order in which they are. */
const HEADS: readonly RegressionKind[] = ['gaussian', 'quantile', 'mixture'];

/**
 * Fits the base model and, for every part that it does not give itself, a head on the same training rows; null when
 * stopped. The names of the arrays begin with `base.`, `gaussian.`, `quantile.` or `mixture.`.
 *
 * @throws `diverged`, `predictions-missing`, and for base `onnx` the errors of `openUserBase`
 */
export async function fitModel(
  context: FitContext,
  config: ModelConfig,
  split: Split,
  parts: readonly Part[],
  encoding: Encoding,
): Promise<Arrays | null> {
  const { train } = split;
  const own = NETWORK_BASES[config.base];
  const heads = HEADS.filter((kind) => kind !== own && parts.includes(PART_OF[kind]));
  const stages = 1 + heads.length;
  const stage = (k: number): FitContext => ({
    ...context,
    onProgress: (share) => context.onProgress((k + share) / stages),
  });
  const network = (k: number, kind: RegressionKind, label: string) =>
    trainNetwork(stage(k), config, { kind, label, rows: train, dimension: context.shape.d });
  const base = await fitBase(stage(0), config, train, encoding, () => network(0, own!, 'base'));
  if (!base) return null;
  const all = prefixed('base.', base);
  for (const [k, kind] of heads.entries()) {
    const head = await network(k + 1, kind, kind);
    if (!head) return null;
    Object.assign(all, prefixed(`${kind}.`, head));
  }
  return all;
}

async function fitBase(
  context: FitContext,
  config: ModelConfig,
  train: Rows,
  encoding: Encoding,
  network: () => Promise<Arrays | null>,
): Promise<Arrays | null> {
  switch (config.base) {
    case 'ridge':
      return fitRidge(context, config, train);
    case 'forest':
      return fitForest(context, config, train);
    case 'column':
      if (!train.given) throw noPredictions();
      return {};
    case 'onnx': {
      const arrays = await fitUserModel(context.compute, context.userModel, context.shape);
      // A model that cannot answer should say so before anything else is trained.
      const opened = await openUserBase(context.compute, context.userModel, context.shape, arrays, encoding);
      try {
        await opened.predict({ ...train, count: 1 });
      } finally {
        await opened.close();
      }
      return arrays;
    }
    default:
      return network();
  }
}

/**
 * Opens what `fitModel` fitted with the same settings. `predict` runs the very program that `build` writes; the mean of
 * a user's model, or of columns of predictions, is no program and comes from outside.
 */
export async function openBaseModel(
  compute: Compute,
  config: ModelConfig,
  shape: TableShape,
  arrays: Arrays,
  encoding: Encoding,
  userModel?: ModelInput,
): Promise<OpenBaseModel> {
  const heads = HEADS.filter((kind) => Object.keys(arrays).some((name) => name.startsWith(`${kind}.`)));
  const base = baseTensors(config, shape, under('base.', arrays));
  const build = (x: Tensor): Record<string, Tensor> => {
    const parts = base ? base(x) : {};
    for (const kind of heads)
      Object.assign(parts, headTensors(kind, config, shape, under(`${kind}.`, arrays), x));
    return parts;
  };
  const own = NETWORK_BASES[config.base];
  const parts = [...new Set<Part>(['mean', ...(own ? [own] : []), ...heads].map((kind) => partOf(kind)))];
  const host = base
    ? null
    : await hostBase(compute, config, shape, under('base.', arrays), encoding, userModel);
  const program = base || heads.length > 0 ? await openProgram(compute, shape, build) : null;
  return {
    parts,
    async predict(rows) {
      return {
        ...(host ? await host.predict(rows) : {}),
        ...(program ? await program.predict(rows) : {}),
      };
    },
    meanGiven: base === null,
    build,
    async close() {
      await host?.close();
      await program?.close();
    },
  };
}

function partOf(kind: string): Part {
  return PART_OF[kind as RegressionKind];
}

/** The base model as a program, or null where it is none. */
function baseTensors(
  config: ModelConfig,
  shape: TableShape,
  arrays: Arrays,
): ((x: Tensor) => Record<string, Tensor>) | null {
  if (config.base === 'ridge') return (x) => ({ mean: ridgeMean(arrays, x) });
  if (config.base === 'forest') return (x) => ({ mean: forestMean(arrays, x) });
  const kind = NETWORK_BASES[config.base];
  if (!kind) return null;
  return (x) => {
    const parts = headTensors(kind, config, shape, arrays, x);
    return { ...parts, mean: centreOf(kind, parts) };
  };
}

function headTensors(
  kind: RegressionKind,
  config: ModelConfig,
  shape: TableShape,
  arrays: Arrays,
  x: Tensor,
): Record<string, Tensor> {
  const weights = Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [name, constant(array.data, array.shape, 'float32')]),
  );
  return networkParts(kind, networkOf(kind, config, shape.features, shape.d), weights, x);
}

async function hostBase(
  compute: Compute,
  config: ModelConfig,
  shape: TableShape,
  arrays: Arrays,
  encoding: Encoding,
  userModel: ModelInput | undefined,
): Promise<Pick<OpenBaseModel, 'predict' | 'close'>> {
  if (config.base === 'onnx') return openUserBase(compute, userModel, shape, arrays, encoding);
  return {
    async predict({ given, count }) {
      if (!given) throw noPredictions();
      return { mean: { data: given.slice(0, count * shape.d), shape: [count, shape.d] } };
    },
    close: async () => undefined,
  };
}

/** A program of x [rows, features], run block by block. */
async function openProgram(
  compute: Compute,
  { features }: TableShape,
  build: (x: Tensor) => Record<string, Tensor>,
): Promise<Pick<OpenBaseModel, 'predict' | 'close'>> {
  const graph = trace('model', { x: float32('rows', features) }, ({ x }) => build(x!));
  const session = await compute.open(toOnnx(graph), { device: 'cpu', label: 'base model' });
  return {
    predict: ({ x, count }) => runRows(session, { x: { data: x, shape: [count, features] } }, ROWS_PER_RUN),
    close: () => session.close(),
  };
}

function noPredictions(): MongeError {
  return new MongeError({
    code: 'predictions-missing',
    blame: 'input',
    what: 'the table holds no predictions',
    where: { key: 'predictions' },
    expected: 'one column of predictions per target',
  });
}
