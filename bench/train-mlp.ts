/** @file 1,000 AdamW steps of the velocity MLP 2 → 3 × 64 → 2 at batch 256, beside PyTorch eager. */
import { openCompute } from '../main/compute/session';
import type { HostTensor } from '../main/compute/types';
import {
  adamw,
  initialState,
  multiply,
  reduceMean,
  reduceSum,
  square,
  stream,
  subtract,
  trainingProgram,
  velocityMlp,
  add,
} from '../native-models';
import { bestSetting } from './peer';
import { bestSeconds, type Row } from './report';
import type { BenchContext } from './index';

const STEPS = 1000;
const CHUNK = 50;
const BATCH = 256;

export async function benchTrain(context: BenchContext): Promise<Row[]> {
  const rows: Row[] = [];
  const peer = await context.peer('train_mlp.py', [STEPS, context.repeats]);
  const best = 'timing' in peer ? bestSetting(peer.timing) : null;
  for (const threads of [1, 2]) {
    const seconds = await timeTraining(threads, context.repeats);
    const ours = (seconds / STEPS) * 1000;
    rows.push({
      bench: 'train',
      case: `MLP 2→3×64→2, batch ${BATCH}, AdamW`,
      unit: 'ms per step',
      ours,
      setting: `${threads} thread${threads > 1 ? 's' : ''}, ${CHUNK} steps a run`,
      peer: 'timing' in peer ? peer.timing.peer : null,
      peerTime: best?.time ?? null,
      peerSetting: best?.setting ?? null,
      ratio: best === null ? null : best.time / ours,
      bound: null,
      remark: 'missing' in peer ? peer.missing : '',
    });
  }
  return rows;
}

async function timeTraining(threads: number, repeats: number): Promise<number> {
  const model = velocityMlp({ dimension: 2, hidden: 64, layers: 3, frequencies: 4, activation: 'silu' });
  const program = trainingProgram({
    name: 'bench',
    parameters: model.parameters,
    optimiser: adamw(),
    stream: {
      source: { dtype: 'float32', shape: [BATCH, 2] },
      target: { dtype: 'float32', shape: [BATCH, 2] },
      time: { dtype: 'float32', shape: [BATCH, 1] },
    },
    loss: (parameters, { source, target, time }) => {
      const velocity = subtract(target!, source!);
      const position = add(source!, multiply(velocity, time!));
      return reduceMean(reduceSum(square(subtract(model.apply(parameters, position, time!), velocity)), [1]));
    },
    chunk: CHUNK,
  });
  const compute = openCompute({ threads });
  const session = await compute.open(program.model, { label: 'bench' });
  const slabs: Record<string, HostTensor> = {};
  for (const [name, type] of Object.entries(program.stream)) {
    const dims = type.shape.map(Number);
    const data = new Float32Array(dims.reduce((a, b) => a * b, 1));
    slabs[name] = {
      type: 'float32',
      dims,
      data: stream(0, name)[name === 'time' ? 'uniform' : 'normal'](data),
    };
  }
  const scalars: Record<string, number> = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const hyper = Object.keys(program.hyper).map((name): [string, HostTensor] => [
    name,
    { type: 'float32', dims: [], data: Float32Array.of(scalars[name] ?? 0) },
  ]);
  const schedule = Object.keys(program.schedule).map((name): [string, HostTensor] => [
    name,
    { type: 'float32', dims: [CHUNK], data: new Float32Array(CHUNK).fill(1e-3) },
  ]);
  const fixed = { ...slabs, ...Object.fromEntries(hyper), ...Object.fromEntries(schedule) };
  try {
    return await bestSeconds(repeats, async () => {
      let state = Object.fromEntries(
        Object.entries(initialState(program, model.initialise(0))).map(
          ([name, { data, shape }]): [string, HostTensor] => [name, { type: 'float32', data, dims: shape }],
        ),
      );
      for (let step = 0; step < STEPS; step += CHUNK) {
        const out = await session.run({ ...fixed, ...state });
        state = Object.fromEntries(Object.keys(state).map((name) => [name, out[`next.${name}`]!]));
      }
    });
  } finally {
    await session.close();
  }
}
