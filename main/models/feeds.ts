/** @file Inputs and outputs of a model: their description, and arrays of files that fit it. */
import type { StoredArray } from '../../native-models';
import { elementTypeOf } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { narrow, widen } from '../../native-models/io/halves';
import type { HostTensor } from '../contract/compute';
import type { DeclaredValue } from '../contract/opened';

export type ValueDescription = DeclaredValue;

/** `image: float32[batch, 1, 8, 8]`. */
function formatValue({ name, type, dims }: ValueDescription): string {
  return `${name}: ${formatType({ type, dims })}`;
}

function formatType({ type, dims }: Pick<ValueDescription, 'type' | 'dims'>): string {
  if (type === null) return 'not a tensor';
  return `${type}[${dims ? dims.map((size) => size ?? '?').join(', ') : '…'}]`;
}

/**
 * Checks that every input is fed, with its type, its sizes, and one value for each named size.
 * @throws `feeds-missing`, `feeds-unknown`, `feeds-type`, `feeds-shape`, naming the input and what it expects.
 */
export function requireFeeds(
  feeds: Readonly<Record<string, HostTensor>>,
  inputs: readonly ValueDescription[],
  label: string,
): void {
  const expectedInputs = inputs.map(formatValue).join('; ') || 'no inputs';
  for (const name of Object.keys(feeds))
    if (!inputs.some((input) => input.name === name))
      throw new MongeError({
        code: 'feeds-unknown',
        what: 'the model has no such input',
        where: { op: label, tensor: name },
        got: Object.keys(feeds).join(', '),
        expected: expectedInputs,
      });
  const sizes = new Map<string, { size: number; name: string }>();
  for (const input of inputs) {
    const feed = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    const refuse = (code: string, what: string, got: string, expected: string, help?: string) =>
      new MongeError({ code, what, where: { op: label, tensor: input.name }, got, expected, help });
    if (!feed) {
      const given = Object.keys(feeds).join(', ') || 'none';
      throw refuse('feeds-missing', 'an input of the model was not given', given, expectedInputs);
    }
    const given = formatType({ type: feed.type, dims: feed.dims });
    if (feed.type !== input.type)
      throw refuse(
        'feeds-type',
        'an input has another type than the model takes',
        given,
        formatType(input),
        input.type ? `write it as array.astype("${input.type}")` : 'only tensors can be fed',
      );
    const { dims } = input;
    if (!dims) continue;
    const fits =
      feed.dims.length === dims.length &&
      dims.every((size, axis) => typeof size !== 'number' || size === feed.dims[axis]);
    if (!fits)
      throw refuse(
        'feeds-shape',
        'an input has another shape than the model takes',
        given,
        formatType(input),
      );
    dims.forEach((symbol, axis) => {
      if (typeof symbol !== 'string') return;
      const size = feed.dims[axis]!;
      const earlier = sizes.get(symbol);
      if (earlier && earlier.size !== size)
        throw refuse(
          'feeds-shape',
          `two inputs differ in ${symbol}`,
          `${symbol} = ${size}`,
          `${symbol} = ${earlier.size}, as in ${earlier.name}`,
        );
      sizes.set(symbol, { size, name: input.name });
    });
  }
}

/** An array of a file as the runtime takes it. @throws `feeds-type` for bfloat16, which the runtime does not feed. */
export function toHostTensor(array: StoredArray, name: string): HostTensor {
  const { data, shape } = array;
  const type = elementTypeOf(array);
  if (type === 'bfloat16')
    throw new MongeError({
      code: 'feeds-type',
      what: 'bfloat16 cannot be fed',
      where: { tensor: name },
      expected: 'float32 or float16',
    });
  if (type !== 'float16') return { type, data, dims: shape };
  return { type, data: narrow('float16', data as Float32Array | Float64Array), dims: shape };
}

/** What the runtime gives as an array for a file. */
export function toStoredArray({ type, data, dims }: HostTensor): StoredArray {
  if (type === 'float16') return { data: widen(type, data as Uint16Array), shape: dims, dtype: type };
  return { data, shape: dims, ...(type === 'bool' && { dtype: type }) };
}
