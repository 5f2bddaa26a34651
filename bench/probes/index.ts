/** @file Probes of one task beside scikit-learn on the same rows: the same grids, the same validation items, one thread each. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpz, stream } from '../../native-models';
import { families, type LinearFamily } from '../../main/probes/families';
import { fitRows, scalerOf } from '../../main/probes/standardise';
import { aucOf, centralInterval, Ranked, stratifiedResamples } from '../../main/numerics/ranking';
import type { BenchContext } from '../index';
import { besideBest, type Row } from '../report';

const [TRAIN, VALIDATION, WIDTH] = [1200, 400, 576];
const RESAMPLES = 1000;

/** What bench/reference/probes/timing.py prints: seconds and the AUC on the validation items, by case. */
interface PeerTimings {
  peer: string;
  cases: Record<string, { seconds: number; auc: number }>;
}

export async function benchProbes(context: BenchContext): Promise<Row[]> {
  const { data, labels } = planted();
  const folder = await mkdtemp(join(tmpdir(), 'monge-probes-'));
  try {
    const file = join(folder, 'rows.npz');
    const x = { shape: [TRAIN + VALIDATION, WIDTH], data };
    await writeFile(file, encodeNpz({ x, y: { shape: [labels.length], data: Int32Array.from(labels) } }));
    const peer = await context.peerProcess<PeerTimings>('probes/timing.py', [
      file,
      TRAIN,
      context.repeats,
      RESAMPLES,
    ]);
    return (['lr-l2', 'lr-l1', 'lda', 'ridge', 'bootstrap'] as const).map((name) => {
      process.stderr.write(`bench probes ${name} …\n`);
      const ours = timed(context.repeats, () =>
        name === 'bootstrap' ? bootstrap(labels) : fit(name, data, labels),
      );
      const theirs = 'result' in peer ? peer.result : null;
      const best = theirs && { peer: theirs.peer, time: theirs.cases[name]!.seconds, setting: '1 thread' };
      const found = theirs ? `; there ${theirs.cases[name]!.auc.toFixed(3)}` : '';
      return {
        bench: 'probes',
        case:
          name === 'bootstrap'
            ? `AUC of ${VALIDATION} items with ${RESAMPLES} resamples`
            : `${name}: ${TRAIN} × ${WIDTH}, its grid`,
        ...{ unit: 's to fit' as const, setting: '1 thread', ...besideBest(ours.seconds, best), bound: null },
        remark: `AUC ${ours.value.toFixed(3)} on validation items${found}${'missing' in peer ? `; ${peer.missing}` : ''}`,
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fit from raw rows, standardising included; the AUC on validation items. */
function fit(family: LinearFamily, data: Float32Array, labels: Uint8Array): number {
  const x = { data, rows: labels.length, columns: WIDTH };
  const rows = [...labels.keys()];
  const scaler = scalerOf(x, rows.slice(0, TRAIN));
  const train = fitRows(x, rows.slice(0, TRAIN), labels, scaler);
  const validation = fitRows(x, rows.slice(TRAIN), labels, scaler);
  const { weights } = families[family](train, validation);
  const scores = new Float64Array(VALIDATION);
  validation.operator.times(weights, scores);
  return aucOf(scores, validation.labels);
}

function bootstrap(labels: Uint8Array): number {
  const own = labels.slice(TRAIN);
  const scores = stream(3, 'bench.scores')
    .normal(new Float32Array(VALIDATION))
    .map((value, k) => value + own[k]!);
  const resamples = stratifiedResamples(own, RESAMPLES, 0, 'bench');
  const ranked = new Ranked(scores, own);
  const [low] = centralInterval(RESAMPLES, (draw) => ranked.resampled(resamples, draw));
  return low > 0 ? ranked.area() : NaN;
}

/** Units that depend on their neighbours, as activations do, with a direction of 40 of them. */
function planted(): { data: Float32Array; labels: Uint8Array } {
  const rows = TRAIN + VALIDATION;
  const data = stream(1, 'bench.probes').normal(new Float32Array(rows * WIDTH));
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 2);
  for (let row = 0; row < rows; row++)
    for (let unit = 0, at = row * WIDTH; unit < WIDTH; unit++) {
      if (unit < 40) data[at + unit]! += (labels[row]! - 0.5) * 0.3;
      else data[at + unit] = 0.8 * data[at + unit - 1]! + 0.6 * data[at + unit]!;
    }
  return { data, labels };
}

/** The fastest of some repeats. */
function timed(repeats: number, run: () => number): { seconds: number; value: number } {
  let [seconds, value] = [Infinity, NaN];
  for (let repeat = 0; repeat < Math.max(2, repeats); repeat++) {
    const start = performance.now();
    value = run();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return { seconds, value };
}
