/** @file A stack of transformer blocks as a training program: the large graph that tests of tools for graphs need. */
import type { Tensor } from '../ir/tensor';
import { float32 } from '../ir/types';
import { linear, linearParameters } from '../nn/layers';
import { module, type Initial, type Module } from '../nn/module';
import { add, divide, multiply, subtract } from '../ops/arithmetic';
import { gelu, sqrt, square } from '../ops/functions';
import { matmul } from '../ops/linear-algebra';
import { reshape, transpose } from '../ops/movement';
import { reduceMean, softmax } from '../ops/reduction';
import { adamw } from '../optim/optimiser';
import { scope } from '../trace/scope';
import { trainingProgram, type TrainingProgram } from '../train/program';

export interface StackOptions {
  blocks: number;
  /** Width of a token, and of the single head. */
  width: number;
  tokens: number;
  batch: number;
  /** Steps per run. */
  chunk: number;
}

/** Attention and perceptron blocks with residuals and pre-normalisation; applies to [batch·tokens, width]. */
export function transformerStack(
  options: StackOptions,
): Module & { apply(parameters: Record<string, Tensor>, x: Tensor): Tensor } {
  const { blocks, width } = options;
  const table: Record<string, Initial> = {};
  for (let block = 1; block <= blocks; block += 1) {
    for (const part of ['query', 'key', 'value', 'mix'])
      Object.assign(table, linearParameters(`block${block}.${part}`, width, width));
    Object.assign(table, linearParameters(`block${block}.widen`, width, 4 * width));
    Object.assign(table, linearParameters(`block${block}.narrow`, 4 * width, width));
  }
  return {
    ...module(table),
    apply(parameters, x) {
      let state = x;
      for (let block = 1; block <= blocks; block += 1)
        state = scope(`block${block}`, () => applyBlock(parameters, `block${block}`, state, options));
      return state;
    },
  };
}

/** Training of the stack to reproduce a target, by mean square error with AdamW. */
export function transformerProgram(options: StackOptions): TrainingProgram {
  const stack = transformerStack(options);
  const rows = options.batch * options.tokens;
  return trainingProgram({
    name: `transformer-${options.blocks}`,
    parameters: stack.parameters,
    optimiser: adamw(),
    chunk: options.chunk,
    stream: { x: float32(rows, options.width), target: float32(rows, options.width) },
    loss: (parameters, { x, target }) => {
      const output = stack.apply(parameters, x!);
      return scope('loss', () => reduceMean(square(subtract(output, target!))));
    },
  });
}

function applyBlock(
  parameters: Record<string, Tensor>,
  name: string,
  x: Tensor,
  { width, tokens, batch }: StackOptions,
): Tensor {
  const layer = (part: string, input: Tensor): Tensor => {
    const weights = Object.fromEntries(
      ['weight', 'bias'].map((kind) => [`${part}.${kind}`, parameters[`${name}.${part}.${kind}`]!]),
    );
    return linear(weights, part, input);
  };
  const attended = scope('attention', () => {
    const normal = normalise(x);
    const split = (part: string) => reshape(layer(part, normal), [batch, tokens, width]);
    const [query, key, value] = [split('query'), split('key'), split('value')];
    const scores = multiply(matmul(query, transpose(key, [0, 2, 1])), 1 / Math.sqrt(width));
    const mixed = matmul(softmax(scores), value);
    return layer('mix', reshape(mixed, [batch * tokens, width]));
  });
  const middle = add(x, attended);
  return add(
    middle,
    scope('mlp', () => layer('narrow', gelu(layer('widen', normalise(middle))))),
  );
}

function normalise(x: Tensor): Tensor {
  return scope('norm', () => {
    const centred = subtract(x, reduceMean(x, 1, true));
    const variance = reduceMean(square(centred), 1, true);
    return divide(centred, sqrt(add(variance, 1e-5)));
  });
}
