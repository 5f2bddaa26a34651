/** @file Full Sinkhorn iterations and whole solutions beside PyTorch tiles, POT and OTT-JAX on the same points, with peak memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpz } from '../../native-models';
import type { BenchContext } from '../index';
import { failureOf, runOurProcess } from '../peer';
import { besideBest, formatRows, type Row } from '../report';
import { RELATIVE_EPSILON } from './epsilon';
import { makeClouds, type Clouds } from './points';
import type { SinkhornTiming } from './step';

/** What bench/reference/sinkhorn.py prints. */
type PeerAnswer =
  | {
      peer: string;
      secondsPerIteration: number;
      secondsToTolerance: number | null;
      iterations: number | null;
      peakMegabytes: number;
      setting: string;
    }
  | { peer: string; missing: string };
type PeerTiming = Exclude<PeerAnswer, { missing: string }>;

const PEERS = ['torch', 'pot', 'ott'];
const THREADS = 2;
const GOAL = { from: 16_384, ratio: 3 };

/** With peers, and ours alone where a peer would need hours. */
const CASES: readonly { points: number; dimension: 2 | 50 | 64; peers: boolean }[] = [
  ...[4096, 16_384, 65_536].flatMap((points) =>
    ([2, 64, 50] as const).map((dimension) => ({ points, dimension, peers: true })),
  ),
  { points: 131_072, dimension: 2, peers: false },
];

export async function benchSinkhorn(context: BenchContext): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'monge-sinkhorn-'));
  const rows: Row[] = [];
  try {
    for (const { points, dimension, peers } of CASES) {
      if (points > context.largest) continue;
      const clouds = await makeClouds(points, dimension);
      process.stderr.write(`bench sinkhorn ${points} points, ${clouds.name} …\n`);
      const file = join(folder, 'points.npz');
      const shape = [points, dimension];
      await writeFile(
        file,
        encodeNpz({
          x: { shape, data: clouds.x },
          y: { shape, data: clouds.y },
        }),
      );
      const epsilon = RELATIVE_EPSILON * clouds.deviation;
      const ours = await runOurs(context, file, epsilon);
      const answers = peers ? await runPeers(context, file, epsilon) : [];
      const row = rowOf(points, clouds, ours, answers);
      rows.push(row);
      // The whole takes an hour: what is measured should not wait for the end.
      process.stderr.write(`${formatRows([row])}\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}

function runOurs(context: BenchContext, file: string, epsilon: number): Promise<SinkhornTiming> {
  return runOurProcess(context.sinkhornProcess, [file, epsilon, context.repeats, THREADS]);
}

/** A peer that fails is a remark, not the end of the benchmark. */
async function runPeers(context: BenchContext, file: string, epsilon: number): Promise<PeerAnswer[]> {
  const answers: PeerAnswer[] = [];
  for (const peer of PEERS)
    try {
      const args = [peer, file, epsilon, context.repeats];
      const answer = await context.peerProcess<PeerAnswer>('sinkhorn.py', args);
      answers.push('missing' in answer ? { peer, missing: answer.missing } : answer.result);
    } catch (error) {
      answers.push({ peer, missing: failureOf(error) });
    }
  return answers;
}

function rowOf(points: number, clouds: Clouds, ours: SinkhornTiming, answers: readonly PeerAnswer[]): Row {
  const timed = answers.filter((answer): answer is PeerTiming => !('missing' in answer));
  const best = timed.reduce<PeerTiming | null>(
    (one, two) => (one && one.secondsPerIteration <= two.secondsPerIteration ? one : two),
    null,
  );
  return {
    bench: 'sinkhorn',
    case: `n = ${points.toLocaleString('en')}, ${clouds.name}`,
    unit: 's per iteration',
    ...besideBest(ours.secondsPerIteration, best && { ...best, time: best.secondsPerIteration }),
    setting: `${ours.lanes} lane${ours.lanes === 1 ? '' : 's'}`,
    ...(points >= GOAL.from && answers.length > 0 ? { goal: GOAL.ratio } : {}),
    bound: null,
    memory: { ours: ours.peakMegabytes, peer: best?.peakMegabytes ?? null },
    toTolerance: { ours: ours.secondsToTolerance, peer: best?.secondsToTolerance ?? null },
    remark: [
      `${ours.iterations} iterations${ours.converged ? '' : ', not converged'}`,
      ...timed.map(
        (peer) =>
          `${peer.peer} (${peer.setting}): ${peer.secondsPerIteration.toPrecision(3)} s, ` +
          `${peer.secondsToTolerance === null ? 'over the limit' : `${peer.secondsToTolerance.toPrecision(3)} s in ${peer.iterations} iterations`}, ` +
          `${Math.round(peer.peakMegabytes)} MB`,
      ),
      ...answers.flatMap((answer) => ('missing' in answer ? [`${answer.peer}: ${answer.missing}`] : [])),
      ...(clouds.remark ? [clouds.remark] : []),
    ].join('; '),
  };
}
