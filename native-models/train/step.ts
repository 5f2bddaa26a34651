/** @file One training step as a graph: gradient, accumulation over micro-batches, clipping, optimiser and average. */
import { gradient } from '../autodiff/gradient';
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { add, divide, minimum, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { scan } from '../ops/control';
import { sqrt, square } from '../ops/functions';
import { gather } from '../ops/indexing';
import { expand, reshape, slice } from '../ops/movement';
import { reduceMean, reduceSum } from '../ops/reduction';
import { movingAverage, type Optimiser } from '../optim/optimiser';
import { scope } from '../ir/scope';
import { pack, stateName, unpack, type Layout } from './layout';

export interface StepOptions {
  readonly optimiser: Optimiser;
  readonly loss: (parameters: Tensors, batch: Tensors) => Tensor | { loss: Tensor; metrics: Tensors };
  readonly layout: Layout;
  readonly ema: boolean;
  readonly clip: boolean;
  /** Micro-batches per step. */
  readonly accumulate: number;
  /** Whether micro-batches may be a Loop; else they are written out. */
  readonly loops: boolean;
  readonly streamNames: readonly string[];
  readonly hyper: Tensors;
}

interface Slopes {
  /** One tensor per segment. */
  readonly gradients: readonly Tensor[];
  readonly metrics: Tensors;
}

/** The step as a function of what is carried and what this step is given. */
export function stepFunction(options: StepOptions) {
  const { optimiser, layout, ema, clip, hyper } = options;
  return (carry: Tensors, given: Tensors): { carry: Tensors; outputs: Tensors } => {
    const held = (kind: string) => layout.segments.map((segment) => carry[stateName(kind, segment)]!);
    const vectors = held('parameters');
    const parameters = scope('parameters', () => unpack(layout, vectors));
    const batch = Object.fromEntries(options.streamNames.map((name) => [name, given[name]!]));
    const slopes =
      options.accumulate === 1
        ? slopesOf(options, parameters, batch)
        : meanSlopes(options, parameters, batch);
    const { gradients, norm } = clip
      ? clipped(slopes.gradients, hyper.clipNorm!)
      : { gradients: slopes.gradients };
    return scope(optimiser.name, () => {
      const several = layout.groups.length > 1;
      const schedule = given.learningRate!;
      const prepared = optimiser.prepare({
        learningRate: several ? multiply(schedule, hyper.learningRates!) : schedule,
        hyper: Object.fromEntries(optimiser.hyper.map((name) => [name, hyper[name]!])),
        scalars: carry,
      });
      const ratesOf = groupRates(prepared.rates, several);
      const next: Tensors = { ...prepared.scalars, step: add(carry.step!, 1) };
      const averages = ema ? held('ema') : [];
      layout.segments.forEach((segment, position) => {
        const { rule } = segment;
        const updated = rule.update({
          parameter: vectors[position]!,
          gradient: gradients[position]!,
          slots: Object.fromEntries(rule.slots.map((slot) => [slot, carry[stateName(slot, segment)]!])),
          rates: ratesOf(segment.group),
        });
        next[stateName('parameters', segment)] = updated.parameter;
        for (const slot of rule.slots) next[stateName(slot, segment)] = updated.slots[slot]!;
        if (!ema) return;
        next[stateName('ema', segment)] = scope('ema', () =>
          movingAverage(averages[position]!, updated.parameter, hyper.emaDecay!),
        );
      });
      const outputs = norm ? { ...slopes.metrics, gradientNorm: norm } : slopes.metrics;
      return { carry: next, outputs: mapTensors(outputs, (tensor) => reshape(tensor, [])) };
    });
  };
}

/** Loss, metrics and gradients of one batch. */
function slopesOf({ loss, layout, clip }: StepOptions, parameters: Tensors, batch: Tensors): Slopes {
  const result = loss(parameters, batch);
  const { loss: value, metrics } = 'loss' in result ? result : { loss: result, metrics: {} };
  const taken = ['loss', ...(clip ? ['gradientNorm'] : [])].find((name) => name in metrics);
  if (taken !== undefined)
    throw new MongeError({
      code: 'name-collision',
      what: 'a metric has a name that the program gives to its own',
      where: { tensor: taken },
      help: 'rename the metric',
    });
  const names = layout.entries.map((entry) => entry.name);
  const slopes = gradient(
    value,
    names.map((name) => parameters[name]!),
  );
  const gradients = scope('gradients', () =>
    pack(layout, Object.fromEntries(names.map((name, index) => [name, slopes[index]!]))),
  );
  return { gradients, metrics: { loss: value, ...metrics } };
}

/** The mean over micro-batches, one after the other, so that only one of them is in memory. */
function meanSlopes(options: StepOptions, parameters: Tensors, batch: Tensors): Slopes {
  const { accumulate: count, layout } = options;
  return scope('accumulate', () => {
    if (!options.loops) {
      const parts = Array.from({ length: count }, (_, index) =>
        scope(`part${index + 1}`, () =>
          slopesOf(
            options,
            parameters,
            mapTensors(batch, (tensor) =>
              reshape(slice(tensor, { axis: 0, start: index, end: index + 1 }), tensor.shape.slice(1)),
            ),
          ),
        ),
      );
      const mean = (values: readonly Tensor[]) =>
        multiply(
          values.reduce((sum, value) => add(sum, value)),
          1 / count,
        );
      return {
        gradients: layout.segments.map((_, position) =>
          mean(parts.map(({ gradients }) => gradients[position]!)),
        ),
        metrics: mapTensors(parts[0]!.metrics, (_, name) => mean(parts.map(({ metrics }) => metrics[name]!))),
      };
    }
    const zero = constant(0, [], layout.dtype);
    const sums = scan({
      carry: Object.fromEntries(
        layout.segments.map(({ shape }, position) => [`sum${position}`, expand(zero, shape)]),
      ),
      over: batch,
      length: count,
      body(carry, slices) {
        const { gradients, metrics } = slopesOf(options, parameters, slices);
        return {
          carry: mapTensors(carry, (sum, name) => add(sum, gradients[Number(name.slice(3))]!)),
          outputs: metrics,
        };
      },
    });
    return {
      gradients: layout.segments.map((_, position) => multiply(sums.carry[`sum${position}`]!, 1 / count)),
      metrics: mapTensors(sums.outputs, (values) => reduceMean(values)),
    };
  });
}

/**
 * Gradients scaled down so that their common Euclidean norm is at most `limit` (Pascanu et al. 2013), and the norm from
 * before. The scale is min(1, limit/(norm + 1e-6)), as PyTorch's `clip_grad_norm_` has it.
 */
function clipped(gradients: readonly Tensor[], limit: Tensor): { gradients: Tensor[]; norm: Tensor } {
  return scope('clip', () => {
    const squares = gradients.map((gradient) => reduceSum(square(gradient)));
    const norm = sqrt(squares.reduce((sum, part) => add(sum, part)));
    const scale = minimum(divide(limit, add(norm, 1e-6)), 1);
    return { gradients: gradients.map((gradient) => multiply(gradient, scale)), norm };
  });
}

/** The scalars of a group, each cut out of its vector once. */
function groupRates(rates: Tensors, several: boolean): (group: number) => Tensors {
  if (!several) return () => rates;
  const known = new Map<number, Tensors>();
  return (group) => {
    let own = known.get(group);
    if (!own) {
      const index = constant(group, [], 'int32');
      known.set(group, (own = mapTensors(rates, (vector) => gather(vector, index, 0))));
    }
    return own;
  };
}

function mapTensors(tensors: Tensors, map: (tensor: Tensor, name: string) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor, name)]));
}
