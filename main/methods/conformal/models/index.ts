/** @file Base models behind one pair of functions: fitted on the training rows, opened from arrays, with heads for what scores ask in addition. */
import { constant, float32, toOnnx, trace, type Tensor, type Tensors } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { runRows } from '../../../compute/run-rows';
import type { Arrays } from '../../../contract/define';
import { prefixed, under } from '../../../disk/named-arrays';
import type { Encoding, Rows } from '../../../tables/encode';
import type { ConformalConfig } from '../config';
import type { FitContext, OpenBaseModel, Part } from '../types';
import { fitForest, forestMean } from './forest';
import { centreOf, networkOf, networkParts, PART_OF, trainNetwork, type RegressionKind } from './networks';
import { fitRidge, ridgeMean } from './ridge';
import { openUserBase, fitUserBase } from './user-model';

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
 * @throws `diverged`, `predictions-missing`, and for base `onnx` the errors of `fitUserBase`
 */
export async function fitModel(
  context: FitContext,
  config: ConformalConfig,
  train: Rows,
  parts: ReadonlySet<Part>,
  encoding: Encoding,
): Promise<Arrays | null> {
  const own = NETWORK_BASES[config.base];
  const heads = HEADS.filter((kind) => kind !== own && parts.has(PART_OF[kind]));
  const stage = (k: number): FitContext => ({
    ...context,
    onProgress: (share) => context.onProgress((k + share) / (1 + heads.length)),
  });
  const network = (k: number, kind: RegressionKind, label: string) =>
    trainNetwork(stage(k), config, { kind, label, rows: train, dimension: context.shape.d });
  const base = await (own ? network(0, own, 'base') : fitBase(stage(0), config, train, encoding));
  if (!base) return null;
  const all = prefixed('base.', base);
  for (const [k, kind] of heads.entries()) {
    const head = await network(k + 1, kind, kind);
    if (!head) return null;
    Object.assign(all, prefixed(`${kind}.`, head));
  }
  return all;
}

/** A base model that is no network. */
async function fitBase(
  context: FitContext,
  config: ConformalConfig,
  train: Rows,
  encoding: Encoding,
): Promise<Arrays | null> {
  if (config.base === 'ridge') return fitRidge(context, config, train);
  if (config.base === 'forest') return fitForest(context, config, train);
  if (config.base === 'onnx') return fitUserBase(context, encoding, train);
  if (!train.given) throw noPredictions();
  return {};
}

/**
 * Opens what `fitModel` fitted with the same settings. `predict` runs the very program that `build` writes; the mean of
 * a user's model, or of columns of predictions, is no program and comes from outside.
 */
export async function openBaseModel(
  context: Pick<FitContext, 'compute' | 'shape' | 'userModel'>,
  config: ConformalConfig,
  arrays: Arrays,
  encoding: Encoding,
): Promise<OpenBaseModel> {
  const base = baseTensors(context, config, under('base.', arrays));
  const heads = HEADS.map((kind) => [kind, under(`${kind}.`, arrays)] as const).filter(
    ([, head]) => Object.keys(head).length > 0,
  );
  const build = (x: Tensor): Tensors => {
    const parts = base?.(x) ?? {};
    for (const [kind, head] of heads) Object.assign(parts, headTensors(kind, context, config, head, x));
    return parts;
  };
  const host = base ? null : await hostBase(context, config, under('base.', arrays), encoding);
  const program = base || heads.length > 0 ? await openProgram(context, build) : null;
  return {
    predict: async (rows) => ({ ...(await host?.predict(rows)), ...(await program?.predict(rows)) }),
    meanGiven: base === null,
    build,
    async close() {
      await host?.close();
      await program?.close();
    },
  };
}

/** The base model as a program, or null where it is none. */
function baseTensors(
  context: Pick<FitContext, 'shape'>,
  config: ConformalConfig,
  arrays: Arrays,
): ((x: Tensor) => Tensors) | null {
  if (config.base === 'ridge') return (x) => ({ mean: ridgeMean(arrays, x) });
  if (config.base === 'forest') return (x) => ({ mean: forestMean(arrays, x) });
  const kind = NETWORK_BASES[config.base];
  if (!kind) return null;
  return (x) => {
    const parts = headTensors(kind, context, config, arrays, x);
    return { ...parts, mean: centreOf(kind, parts) };
  };
}

function headTensors(
  kind: RegressionKind,
  { shape }: Pick<FitContext, 'shape'>,
  config: ConformalConfig,
  arrays: Arrays,
  x: Tensor,
): Tensors {
  const weights = Object.entries(arrays).map(
    ([name, array]) => [name, constant(array.data, array.shape, 'float32')] as const,
  );
  const network = networkOf(kind, config, shape.features, shape.d);
  return networkParts(kind, network, Object.fromEntries(weights), x);
}

type Predictor = Pick<OpenBaseModel, 'predict' | 'close'>;

async function hostBase(
  context: Pick<FitContext, 'compute' | 'shape' | 'userModel'>,
  { base }: ConformalConfig,
  arrays: Arrays,
  encoding: Encoding,
): Promise<Predictor> {
  if (base === 'onnx') return openUserBase(context, encoding, arrays);
  const { d } = context.shape;
  return {
    async predict({ given, count }) {
      if (!given) throw noPredictions();
      return { mean: { data: given.slice(0, count * d), shape: [count, d] } };
    },
    close: async () => undefined,
  };
}

/** A program of x [rows, features], run block by block. */
async function openProgram(
  { compute, shape: { features } }: Pick<FitContext, 'compute' | 'shape'>,
  build: (x: Tensor) => Tensors,
): Promise<Predictor> {
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
