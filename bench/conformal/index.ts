/** @file Fitting the entropic map of OTCP beside ott-jax's `OTCP.fit_transport`, on the same residuals and reference, to the same error. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeNpz, encodeNpz } from '../../native-models';
import type { Reference } from '../../main/transport/rank/reference';
import type { BenchContext } from '../index';
import { runOurProcess } from '../peer';
import { besideBest, formatRows, type Row } from '../report';
import { DIMENSION, makeReference, makeResiduals, marginalError } from './problem';
import type { ConformalTiming } from './step';

/** What bench/reference/conformal.py prints. */
interface PeerTimings {
  peer: string;
  /** The defaults first. */
  timings: { setting: string; seconds: number; iterations: number }[];
  peakMegabytes: number;
}

const ROWS = 10_000;
const POINTS = 4096;
const THREADS = 2;
const GOAL = 3;
const CASES: readonly { epsilon: number; tolerance: number }[] = [
  { epsilon: 0.1, tolerance: 1e-2 },
  { epsilon: 0.1, tolerance: 1e-3 },
  { epsilon: 0.05, tolerance: 1e-2 },
  { epsilon: 0.05, tolerance: 1e-3 },
];

interface Problem {
  residuals: Float32Array;
  reference: Reference;
  file: string;
  /** Where an answer's potentials are written. */
  answer: string;
}

export async function benchConformal(context: BenchContext): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'monge-conformal-'));
  const [residuals, reference] = [makeResiduals(ROWS), makeReference(POINTS)];
  const file = join(folder, 'problem.npz');
  const rows: Row[] = [];
  try {
    await writeFile(
      file,
      encodeNpz({
        residuals: { shape: [ROWS, DIMENSION], data: residuals },
        reference: { shape: [POINTS, DIMENSION], data: reference.points },
      }),
    );
    const problem = { residuals, reference, file, answer: join(folder, 'answer.npz') };
    for (const { epsilon, tolerance } of CASES) {
      const row = await measured(context, problem, epsilon, tolerance);
      rows.push(row);
      process.stderr.write(`${formatRows([row])}\n`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return rows;
}

async function measured(
  context: BenchContext,
  problem: Problem,
  epsilon: number,
  tolerance: number,
): Promise<Row> {
  const { file, answer } = problem;
  const values = [epsilon, tolerance, context.repeats];
  const args = [file, ...values, THREADS, answer];
  const ours = await runOurProcess<ConformalTiming>(context.conformalProcess, args);
  const [ourError] = await errorsOf(problem, epsilon, 1);
  const asked = await context.peerProcess<PeerTimings>('conformal.py', [file, ...values, answer]);
  const peer = 'missing' in asked ? null : asked.result;
  const errors = peer ? await errorsOf(problem, epsilon, peer.timings.length) : [];
  const timings = (peer?.timings ?? []).map((timing, k) => ({ ...timing, error: errors[k]! }));
  // A setting that stopped short of the error asked for is not as good an answer.
  const reached = timings.filter(({ error }) => error <= tolerance);
  const best = reached.reduce<(typeof reached)[number] | null>(
    (one, two) => (one && one.seconds <= two.seconds ? one : two),
    null,
  );
  const said = ({ iterations, error }: { iterations: number; error: number }) =>
    `${iterations} iterations, error ${error.toExponential(1)}`;
  return {
    bench: 'conformal',
    case: `n = ${ROWS.toLocaleString('en')}, m = ${POINTS.toLocaleString('en')}, d = ${DIMENSION}, ε = ${epsilon}, error ≤ ${tolerance}`,
    unit: 's to fit',
    ...besideBest(ours.seconds, best && peer && { ...best, peer: peer.peer, time: best.seconds }),
    setting: `${THREADS} threads`,
    peer: peer?.peer ?? null,
    ...(ourError! <= tolerance ? {} : { ratio: null }),
    goal: GOAL,
    bound: null,
    memory: { ours: ours.peakMegabytes, peer: peer?.peakMegabytes ?? null },
    remark: [
      `ours: ${said({ iterations: ours.iterations, error: ourError! })}`,
      ...timings.map((timing) => `${timing.setting}: ${timing.seconds.toPrecision(3)} s, ${said(timing)}`),
      ...('missing' in asked ? [asked.missing] : []),
    ].join('; '),
  };
}

/** The marginal errors of the potentials g0, g1, … of an answer. */
async function errorsOf(
  { residuals, reference, answer }: Problem,
  epsilon: number,
  count: number,
): Promise<number[]> {
  const potentials = decodeNpz(await readFile(answer));
  return Array.from({ length: count }, (_, k) =>
    marginalError(residuals, reference, potentials[`g${k}`]!.data as Float32Array, epsilon),
  );
}
