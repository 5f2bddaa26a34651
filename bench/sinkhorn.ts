/** @file One Sinkhorn half-iteration at n = 16,384 in 2 and 64 dimensions, beside PyTorch's addmm and logsumexp. */
import { openCompute } from '../main/compute/session';
import { openKernel } from '../main/methods/flows/sinkhorn/programs';
import { stream } from '../native-models';
import { bestSetting } from './peer';
import { bestSeconds, type Row } from './report';
import type { BenchContext } from './index';

const POINTS = 16_384;
const THREADS = 2;
const EPSILON = 0.5;

/** Seconds per half-iteration on two quiet cores of the reference machine, hand-written graphs, and the slack allowed. */
const MEASURED: Record<number, number> = { 2: 0.107, 64: 0.189 };
const SLACK = 1.3;

export async function benchSinkhorn(context: BenchContext): Promise<Row[]> {
  const rows: Row[] = [];
  for (const dimension of [2, 64]) {
    const ours = await timeHalfIteration(dimension, context.repeats);
    const peer = await context.peer('sinkhorn.py', [POINTS, dimension, context.repeats]);
    const best = 'timing' in peer ? bestSetting(peer.timing) : null;
    rows.push({
      bench: 'sinkhorn',
      case: `n = ${POINTS.toLocaleString('en')}, d = ${dimension}`,
      unit: 's per half-iteration',
      ours,
      setting: `${THREADS} threads`,
      peer: 'timing' in peer ? peer.timing.peer : null,
      peerTime: best?.time ?? null,
      peerSetting: best?.setting ?? null,
      ratio: best === null ? null : best.time / ours,
      bound: {
        time: MEASURED[dimension]! * SLACK,
        source: `${SLACK} × the hand-written graph on the reference machine`,
      },
      remark: 'missing' in peer ? peer.missing : '',
    });
  }
  return rows;
}

async function timeHalfIteration(dimension: number, repeats: number): Promise<number> {
  const points = (label: string) => stream(0, label).normal(new Float32Array(POINTS * dimension));
  const compute = openCompute({ threads: THREADS });
  const step = await openKernel(compute, points('x'), points('y'), dimension);
  const potential = Float64Array.from(stream(0, 'potential').normal(new Float32Array(POINTS)));
  try {
    return await bestSeconds(repeats, async () => {
      await step.reduceRows(potential, EPSILON);
    });
  } finally {
    await step.close();
  }
}
