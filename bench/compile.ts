/** @file From a loss in TypeScript to the end of its first training step, for a GPT of 12 layers, in CPU seconds. */
import { openCompute } from '../main/compute/session';
import type { HostTensor } from '../main/contract/compute';
import { adamw, gptCase, initialState, trainingProgram } from '../native-models';
import type { BenchContext } from './index';
import type { Row } from './report';

const SIZES = { batchSize: 4, vocabulary: 256, width: 128, layers: 12, heads: 4, context: 64 };
/** CPU seconds allowed on the reference machine. */
const LIMIT = 3;

export async function benchCompile(context: BenchContext): Promise<Row[]> {
  let best: { seconds: number; nodes: number } | null = null;
  for (let repeat = 0; repeat < context.repeats; repeat++) {
    const once = await firstStep();
    if (best === null || once.seconds < best.seconds) best = once;
  }
  return [
    {
      bench: 'compile',
      case: `GPT, ${SIZES.layers} layers, width ${SIZES.width}: trace, gradient, lowering, session, first step`,
      unit: 's of CPU time',
      ours: best!.seconds,
      setting: 'one thread',
      peer: null,
      peerTime: null,
      peerSetting: null,
      ratio: null,
      bound: { time: LIMIT, source: 'the goal' },
      remark: `${best!.nodes} nodes in the step`,
    },
  ];
}

async function firstStep(): Promise<{ seconds: number; nodes: number }> {
  const zoo = gptCase(SIZES);
  const parameters = zoo.module.initialise(0);
  const batch = zoo.batch(0, 0);
  const compute = openCompute({ threads: 1 });
  const start = process.cpuUsage();
  const program = trainingProgram({
    name: zoo.name,
    parameters: zoo.module.parameters,
    optimiser: adamw(),
    stream: zoo.stream,
    loss: (given, tensors) => zoo.loss(given, tensors),
    chunk: 1,
  });
  const session = await compute.open(program.model, { label: 'bench compile' });
  const settings: Record<string, number> = {
    learningRate: 1e-3,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  };
  const feeds: Record<string, HostTensor> = {};
  for (const [name, { data, shape }] of Object.entries(initialState(program, parameters)))
    feeds[name] = { type: 'float32', data: data, dims: shape };
  for (const [name, { shape }] of Object.entries(program.stream))
    feeds[name] = { type: 'int32', data: Int32Array.from(batch[name]!.data), dims: shape as number[] };
  for (const [name, { shape }] of Object.entries({ ...program.schedule, ...program.hyper }))
    feeds[name] = { type: 'float32', data: Float32Array.of(settings[name]!), dims: shape as number[] };
  await session.run(feeds);
  const used = process.cpuUsage(start);
  await session.close();
  await compute.close();
  const body = program.graph.nodes.find((node) => node.op.name === 'Loop')?.attributes.body;
  const nodes = typeof body === 'object' && 'nodes' in body ? body.nodes.length : program.graph.nodes.length;
  return { seconds: (used.user + used.system) / 1e6, nodes };
}
