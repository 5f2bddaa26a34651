/** @file Inputs for a model when nobody has any: seeded random numbers for floats, zeros for all else. */
import { Tensor } from 'onnxruntime-node';
import { stream } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { ValueFacts } from '../contract/models';

/** More numbers than this for all inputs together cannot be meant. */
const MOST_ELEMENTS = 2 ** 28;

/** The names of the sizes that a model leaves open, in the order of its inputs; one without a name is called `x[0]`. */
export function openSizes(inputs: readonly ValueFacts[]): string[] {
  const names = new Set<string>();
  for (const { name, shape } of inputs)
    shape.forEach((dim, axis) => {
      if (typeof dim === 'string') names.add(dim === '?' ? `${name}[${axis}]` : dim);
    });
  return [...names];
}

/**
 * A feed for every input. Floats are uniform on (0, 1), so that variances and counts are possible values of what they
 * stand for; open sizes are 1 unless given.
 * @throws `size-unknown` for a size that is not open, `input-unsupported` for sequences and types without made-up values, `input-too-large`
 */
export function madeUpInputs(
  inputs: readonly ValueFacts[],
  sizes: Readonly<Record<string, number>>,
  seed: number,
): Record<string, Tensor> {
  const open = openSizes(inputs);
  const unknown = Object.keys(sizes).find((name) => !open.includes(name));
  if (unknown !== undefined)
    throw new MongeError({
      code: 'size-unknown',
      what: 'the model leaves no size of this name open',
      where: { key: unknown },
      expected: open.join(', ') || 'no sizes: all of them are fixed',
    });
  let total = 0;
  return Object.fromEntries(
    inputs.map(({ name, type, shape }) => {
      const dims = shape.map((dim, axis) =>
        typeof dim === 'number' ? dim : (sizes[dim === '?' ? `${name}[${axis}]` : dim] ?? 1),
      );
      const count = dims.reduce((product, dim) => product * dim, 1);
      total += count;
      if (!(total <= MOST_ELEMENTS))
        throw new MongeError({
          code: 'input-too-large',
          what: 'an input would not fit',
          where: { tensor: name },
          got: `[${dims.join(', ')}]`,
          expected: `at most ${MOST_ELEMENTS.toLocaleString('en')} numbers in all inputs`,
          help: 'choose smaller sizes',
        });
      return [name, tensor(name, type, count, dims, seed)];
    }),
  );
}

function tensor(name: string, type: string, count: number, dims: number[], seed: number): Tensor {
  const random = () => stream(seed, `input/${name}`).uniform(new Float32Array(count));
  switch (type) {
    case 'float32':
      return new Tensor('float32', random(), dims);
    case 'float64':
      return new Tensor('float64', Float64Array.from(random()), dims);
    case 'float16':
      // One half in half precision: a value every layer can take.
      return new Tensor('float16', new Uint16Array(count).fill(0x3800), dims);
    case 'int64':
      return new Tensor('int64', new BigInt64Array(count), dims);
    case 'uint64':
      return new Tensor('uint64', new BigUint64Array(count), dims);
    case 'int32':
      return new Tensor('int32', new Int32Array(count), dims);
    case 'uint32':
      return new Tensor('uint32', new Uint32Array(count), dims);
    case 'int16':
      return new Tensor('int16', new Int16Array(count), dims);
    case 'uint16':
      return new Tensor('uint16', new Uint16Array(count), dims);
    case 'int8':
      return new Tensor('int8', new Int8Array(count), dims);
    case 'uint8':
      return new Tensor('uint8', new Uint8Array(count), dims);
    case 'bool':
      return new Tensor('bool', new Uint8Array(count), dims);
    default:
      throw new MongeError({
        code: 'input-unsupported',
        blame: 'input',
        what: 'there are no made-up values for an input of this type',
        where: { tensor: name },
        got: type,
        expected: 'numbers or truth values',
      });
  }
}
