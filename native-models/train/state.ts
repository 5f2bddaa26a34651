/** @file The state of a training program on the host: its first values, and the parameters inside it. */
import { MongeError } from '../error';
import { elementCount } from '../ir/types';
import type { TrainingProgram } from './program';

export interface StateTensor {
  data: Float32Array;
  shape: number[];
}

/**
 * The state before the first step: the given parameters (also as start of the average), zeros elsewhere.
 * Throws `missing-parameter` and `parameter-size`.
 */
export function initialState(
  program: TrainingProgram,
  parameters: Record<string, Float32Array>,
): Record<string, StateTensor> {
  const { layout } = program;
  for (const { name, size } of layout.entries) {
    const data = parameters[name];
    if (!data)
      throw new MongeError({
        code: 'missing-parameter',
        what: `program ${program.name} needs a parameter that was not given`,
        where: { tensor: name },
        got: Object.keys(parameters).join(' ') || 'none',
      });
    if (data.length !== size)
      throw new MongeError({
        code: 'parameter-size',
        what: 'a parameter has the wrong number of values',
        where: { tensor: name },
        got: String(data.length),
        expected: String(size),
      });
  }
  const state: Record<string, StateTensor> = {};
  for (const [name, type] of Object.entries(program.state))
    state[name] = {
      data: new Float32Array(elementCount(type.shape)),
      shape: type.shape as number[],
    };
  for (const group of program.ema ? ['parameters', 'ema'] : ['parameters'])
    for (const { name, offset } of layout.entries)
      if (layout.packed) state[group]!.data.set(parameters[name]!, offset);
      else state[`${group}/${name}`]!.data.set(parameters[name]!);
  return state;
}

/** Copies the parameters, or their moving average, out of a state. Throws `no-average` where none is kept. */
export function parametersOf(
  program: TrainingProgram,
  state: Record<string, { data: ArrayLike<number> }>,
  which: 'current' | 'ema',
): Record<string, StateTensor> {
  if (which === 'ema' && !program.ema)
    throw new MongeError({
      code: 'no-average',
      what: `program ${program.name} keeps no moving average`,
      help: 'build it with ema: true, or ask for the current parameters',
    });
  const group = which === 'ema' ? 'ema' : 'parameters';
  return Object.fromEntries(
    program.layout.entries.map(({ name, shape, offset, size }) => {
      const source = state[program.layout.packed ? group : `${group}/${name}`];
      if (!source)
        throw new MongeError({
          code: 'missing-state',
          what: `the state of program ${program.name} is incomplete`,
          where: { tensor: name },
          got: Object.keys(state).join(' '),
        });
      const start = program.layout.packed ? offset : 0;
      const data = Float32Array.from({ length: size }, (_, index) => source.data[start + index]!);
      return [name, { data, shape: [...shape] }];
    }),
  );
}
