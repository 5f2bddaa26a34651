/** @file Rematerialisation: parts of a model whose values the gradient computes again, so that they need not be kept. */
import { buildBody, type Graph } from '../ir/graph';
import { instantiate } from '../ir/instantiate';
import { Tensor } from '../ir/tensor';
import { isFloating, sameType } from '../ir/types';
import { apply, defineOp, shapeError } from '../ops/define';
import { argMax } from '../ops/reduction';
import { barrier } from './barrier';
import { walkBack } from './gradient';

type RematerialiseAttributes = {
  readonly body: Graph;
  /** How many inputs the body has; after them come what it captures and the outputs of its first application. */
  readonly given: number;
};

/**
 * Passes on the outputs of a body that was already applied. Its gradient applies the body once more, to the same inputs
 * but not before the upstream gradient is there, and goes back through that copy. Gone after simplification.
 */
export const rematerialiseOp = defineOp<RematerialiseAttributes>({
  name: 'Rematerialise',
  infer(types, { body, given }) {
    const outputs = types.slice(given + body.captures.length);
    const fit = body.outputs.every(
      ({ tensor }, index) => outputs[index] && sameType(tensor.type, outputs[index]),
    );
    if (!fit || outputs.length !== body.outputs.length)
      throw shapeError('Rematerialise', types, 'the inputs, captures and outputs of its body');
    return outputs;
  },
  gradient: {
    rule({ inputs, upstream, wanted, attributes: { body, given } }) {
      const sources = inputs.slice(0, given + body.captures.length);
      const reached = upstream.filter((tensor) => tensor !== undefined);
      const replaced = new Map<Tensor, Tensor>();
      sources.forEach((source, index) => {
        const late = index < given && isFloating(source.dtype);
        const key = index < given ? body.inputs[index]! : body.captures[index - given]!;
        replaced.set(key, late ? barrier(source, reached) : source);
      });
      const keys = [...body.inputs, ...body.captures];
      const late = keys.map((key) => replaced.get(key)!);
      const again = instantiate(body, replaced, (path) => (path === '' ? 'again' : `${path}/again`));
      const targets = late.filter((_, index) => wanted[index]);
      const slopes = walkBack(again.nodes, again.outputs, upstream, targets);
      return inputs.map((_, index) => (index < late.length ? slopes.get(late[index]!) : undefined));
    },
  },
  lower: ({ inputs, attributes: { body, given } }) => inputs.slice(given + body.captures.length),
  reference: (inputs, { body, given }, { runBody }) =>
    runBody(body, inputs.slice(0, given), inputs.slice(given, given + body.captures.length)),
  cases: [
    {
      inputs: [
        { shape: [2, 2], values: [1, 2, 4, 3] },
        { dtype: 'int32', shape: [2], values: [1, 0] },
      ],
      attributes: sampleAttributes(),
    },
  ],
});

/**
 * Marks a part of a model: `rematerialise(block)(x)` has the values and gradients of `block(x)`, bit for bit (the
 * gradient of a weight that several parts share is the same sum in another order). But the values inside it are not kept
 * for the gradient; they are computed a second time when the walk back arrives there. A stack of n marked blocks keeps n
 * inputs and the inside of one block, for one more forward pass (Chen et al. 2016).
 *
 * Everything that is large and made outside should be an argument. Parameters may be captured; gradients reach them.
 * Parts may be nested.
 */
export function rematerialise<Result extends Tensor | readonly Tensor[]>(
  build: (...inputs: Tensor[]) => Result,
): (...inputs: Tensor[]) => Result {
  return (...inputs) => {
    const placeholders = inputs.map((input, index) => new Tensor(input.type, null, 0, `given${index + 1}`));
    const result = build(...placeholders);
    const results: readonly Tensor[] = result instanceof Tensor ? [result] : result;
    const body = buildBody(
      'rematerialised',
      placeholders,
      results.map((tensor, index) => ({ name: `result${index + 1}`, tensor })),
    );
    const replaced = new Map(placeholders.map((placeholder, index) => [placeholder, inputs[index]!]));
    const { outputs } = instantiate(body, replaced);
    const marked = apply(rematerialiseOp, [...inputs, ...body.captures, ...outputs], {
      body,
      given: inputs.length,
    });
    return (result instanceof Tensor ? marked[0] : marked) as Result;
  };
}

/** Of integers, as a gradient is right only where the last input is what the body makes of the first. */
function sampleAttributes(): RematerialiseAttributes {
  const x = new Tensor({ dtype: 'float32', shape: [2, 2] }, null, 0, 'x');
  return { body: buildBody('body', [x], [{ name: 'best', tensor: argMax(x, 1) }]), given: 1 };
}
