/** @file The state of a training program on the host: its first values, and the parameters inside it. */
import { MongeError } from '../error';
import { elementCount } from '../ir/types';
import { stateName, type FloatingDType } from './layout';
import type { TrainingProgram } from './program';

export type FloatArray = Float32Array | Float64Array;

export interface StateTensor<Data extends FloatArray = Float32Array> {
  data: Data;
  shape: number[];
}

/**
 * The state before the first step: the given parameters (also as start of the average), zeros elsewhere. The values are
 * of the program's own precision: Float64Array for a float64 program.
 * Throws `missing-parameter`, `parameter-size` and `parameter-type`.
 */
export function initialState<Data extends FloatArray>(
  program: TrainingProgram,
  parameters: Record<string, Data>,
): Record<string, StateTensor<Data>> {
  const { layout, dtype } = program;
  const state: Record<string, StateTensor<Data>> = {};
  for (const [name, type] of Object.entries(program.state))
    state[name] = {
      data: floatArray(dtype, elementCount(type.shape)) as Data,
      shape: type.shape as number[],
    };
  for (const { name, size, segment, offset } of layout.entries) {
    const data = parameters[name];
    requireParameter(program, name, size, data, Object.keys(parameters));
    for (const kind of program.ema ? ['parameters', 'ema'] : ['parameters'])
      state[stateName(kind, layout.segments[segment]!)]!.data.set(data, offset);
  }
  return state;
}

/**
 * Copies the parameters, or their moving average, out of a state. A float64 program gives Float64Array: say so with the
 * type argument. Throws `no-average` where none is kept, and `missing-state`.
 */
export function parametersOf<Data extends FloatArray = Float32Array>(
  program: TrainingProgram,
  state: Record<string, { data: ArrayLike<number> }>,
  which: 'current' | 'ema',
): Record<string, StateTensor<Data>> {
  if (which === 'ema' && !program.ema)
    throw new MongeError({
      code: 'no-average',
      what: `program ${program.name} keeps no moving average`,
      help: 'build it with ema: true, or ask for the current parameters',
    });
  const kind = which === 'ema' ? 'ema' : 'parameters';
  const { entries, segments } = program.layout;
  return Object.fromEntries(
    entries.map(({ name, shape, offset, size, segment }) => {
      const source = state[stateName(kind, segments[segment]!)];
      if (!source)
        throw new MongeError({
          code: 'missing-state',
          what: `the state of program ${program.name} is incomplete`,
          where: { tensor: name },
          got: Object.keys(state).join(' '),
        });
      const data = floatArray(program.dtype, size) as Data;
      for (let index = 0; index < size; index++) data[index] = source.data[offset + index]!;
      return [name, { data, shape: [...shape] }];
    }),
  );
}

function requireParameter(
  program: TrainingProgram,
  name: string,
  size: number,
  data: FloatArray | undefined,
  given: readonly string[],
): asserts data is FloatArray {
  const where = { tensor: name };
  if (!data)
    throw new MongeError({
      code: 'missing-parameter',
      what: `program ${program.name} needs a parameter that was not given`,
      where,
      got: given.join(' ') || 'none',
    });
  if (data.length !== size)
    throw new MongeError({
      code: 'parameter-size',
      what: 'a parameter has the wrong number of values',
      where,
      got: String(data.length),
      expected: String(size),
    });
  if (data instanceof Float64Array !== (program.dtype === 'float64'))
    throw new MongeError({
      code: 'parameter-type',
      what: 'a parameter has another precision than the program',
      where,
      got: data.constructor.name,
      expected: program.dtype === 'float64' ? 'Float64Array' : 'Float32Array',
    });
}

function floatArray(dtype: FloatingDType, length: number): FloatArray {
  return dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
}
