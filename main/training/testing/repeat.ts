/** @file Runs one training run over and over from the same state: two threads must give the same bits every time. */
import { stream, type TensorType, type TrainingProgram } from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import { hostArray } from '../../compute/host-array';
import { openCompute } from '../../compute/session';
import type { TrainingArray, TrainingState } from '../training';
import type { HostTensor } from '../../contract/compute';

export interface RepeatOptions {
  program: TrainingProgram;
  /** The state that every repeat starts from. */
  state: TrainingState;
  /** Values by name of the stream, the schedule and the hyperparameters; what is missing is filled as said below. */
  inputs?: Readonly<Record<string, ArrayLike<number>>>;
  /** Ids and labels that are not given are below this; default 2. */
  classes?: number;
  repeats?: number;
  threads?: number;
}

/**
 * Runs the program `repeats` times (50) on `threads` threads (2) from one state and compares every output of every
 * repeat with the first, bit for bit. Floating inputs that are not given are normal numbers (the learning rate 1e-3 and
 * hyperparameters 0.5 in every element); whole ones are drawn below `classes`.
 * Returns the outputs. Throws `not-reproducible` with the output, the repeat and the first value that differs.
 */
export async function repeatTraining(options: RepeatOptions): Promise<Record<string, HostTensor>> {
  const { program, repeats = 50, threads = 2 } = options;
  const feeds = feedsOf(options);
  const compute = openCompute({ threads });
  try {
    const session = await compute.open(program.model, { label: program.name });
    const first = await session.run(feeds);
    for (let repeat = 1; repeat < repeats; repeat++) {
      const again = await session.run(feeds);
      for (const [name, { data }] of Object.entries(first))
        requireSameBits(program.name, name, repeat, data, again[name]!.data);
    }
    return first;
  } finally {
    await compute.close();
  }
}

/** Throws `not-reproducible` at the first byte that differs; two values that are not a number may well be the same. */
function requireSameBits(
  program: string,
  tensor: string,
  repeat: number,
  expected: HostTensor['data'],
  actual: HostTensor['data'],
): void {
  const [left, right] = [expected, actual].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  ) as [Buffer, Buffer];
  if (left.equals(right)) return;
  const at = Math.floor(left.findIndex((byte, k) => byte !== right[k]) / expected.BYTES_PER_ELEMENT);
  throw new MongeError({
    code: 'not-reproducible',
    what: `repeat ${repeat} of one and the same run gave another result`,
    where: { op: program, tensor },
    got: `${String(actual[at])} at ${at}`,
    expected: `${String(expected[at])}, bit for bit`,
  });
}

function feedsOf({ program, state, inputs = {}, classes = 2 }: RepeatOptions): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {};
  for (const [name, { dtype }] of Object.entries(program.state))
    feeds[name] = { type: dtype, data: state[name]!.data, dims: state[name]!.shape };
  const fill = (types: Readonly<Record<string, TensorType>>, value: number | null) => {
    for (const [name, { dtype, shape }] of Object.entries(types)) {
      const dims = shape as readonly number[];
      const data = hostArray(
        dtype,
        dims.reduce((product, size) => product * size, 1),
      ) as TrainingArray;
      const given = inputs[name];
      if (given) data.set(given);
      else if (value !== null) data.fill(value);
      else drawInto(data, name, classes);
      feeds[name] = { type: dtype, data, dims };
    }
  };
  fill(program.stream, null);
  fill(program.schedule, 1e-3);
  fill(program.hyper, 0.5);
  return feeds;
}

function drawInto(data: TrainingArray, name: string, classes: number): void {
  const draws = stream(0, `repeat.${name}`);
  if (data instanceof Float32Array) draws.normal(data);
  else if (data instanceof Float64Array) data.set(draws.normal(new Float32Array(data.length)));
  else data.set(draws.integers(new Int32Array(data.length), classes));
}
