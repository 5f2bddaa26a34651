/** @file Rows to a cloud: PCA, the nearest neighbours, UMAP and t-SNE at 100,000 rows, wall and processor time. */
import { openCompute } from '../../main/compute/session';
import type { Compute } from '../../main/contract/compute';
import type { RowMatrix } from '../../main/contract/projection';
import { layout } from '../../main/projection/layout';
import { fitPca } from '../../main/projection/pca';
import { stream } from '../../native-models';
import type { BenchContext } from '../index';
import type { Row } from '../report';

const THREADS = 2;
const ROWS = 100_000;
const COLUMNS = 576;
const CLUSTERS = 40;
/** Seconds, of issue 13. */
const PCA_LIMIT = 2;
const LAYOUT_LIMIT = 180;

/** The largest number of rows can be lowered with `--largest`. */
export async function benchProjection(context: BenchContext): Promise<Row[]> {
  const rows = Math.min(ROWS, context.largest);
  const matrix = clusters(rows);
  const compute = openCompute({ threads: THREADS });
  try {
    const out: Row[] = [];
    let best = { wall: Infinity, processor: Infinity };
    for (let repeat = 0; repeat < context.repeats; repeat++) {
      const once = await timed(() => fitPca(compute, matrix, 3));
      if (once.wall < best.wall) best = once;
    }
    out.push(rowOf(rows, 'PCA, 3 components', best, PCA_LIMIT, ''));
    for (const method of ['umap', 't-sne'] as const) out.push(await layoutRow(compute, matrix, method));
    return out;
  } finally {
    await compute.close();
  }
}

async function layoutRow(compute: Compute, matrix: RowMatrix, method: 'umap' | 't-sne'): Promise<Row> {
  process.stderr.write(`bench projection ${method} …\n`);
  const phases: Record<string, number> = {};
  const all = await timed(async () => {
    let since = performance.now();
    let longest = 0;
    const steps = layout(compute, matrix, {
      method,
      seed: 1,
      neighbours: 15,
      minimumDistance: 0.1,
      perplexity: 30,
    });
    for await (const { progress } of steps) {
      const now = performance.now();
      phases[progress.phase] = (phases[progress.phase] ?? 0) + (now - since) / 1000;
      longest = Math.max(longest, (now - since) / 1000);
      since = now;
    }
    phases['longest step'] = longest;
  });
  const parts = Object.entries(phases).filter(([, seconds]) => seconds >= 0.05);
  const remark = parts.map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`).join(', ');
  return rowOf(
    matrix.rows,
    method === 'umap' ? 'UMAP, 15 neighbours' : 't-SNE, perplexity 30',
    all,
    LAYOUT_LIMIT,
    remark,
  );
}

function rowOf(rows: number, what: string, { wall, processor }: Timing, limit: number, remark: string): Row {
  return {
    bench: 'projection',
    case: `${what}: ${rows} × ${COLUMNS}`,
    unit: 's to fit',
    ours: wall,
    setting: `${THREADS} threads`,
    ...{ peer: null, peerTime: null, peerSetting: null, ratio: null },
    bound: { time: limit, source: 'the goal' },
    remark: [`${processor.toFixed(1)} s of CPU time`, remark].filter(Boolean).join('; '),
  };
}

interface Timing {
  wall: number;
  processor: number;
}

async function timed(work: () => Promise<unknown>): Promise<Timing> {
  const [wall, used] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(used);
  return { wall: (performance.now() - wall) / 1000, processor: (user + system) / 1e6 };
}

function clusters(rows: number): RowMatrix {
  const data = stream(1, 'rows').normal(new Float32Array(rows * COLUMNS));
  const centres = stream(1, 'centres').normal(new Float32Array(CLUSTERS * COLUMNS));
  for (let row = 0, at = 0; row < rows; row++)
    for (let k = 0; k < COLUMNS; k++, at++)
      data[at]! += 3 + 0.5 * centres[(row % CLUSTERS) * COLUMNS + k]! * (1 + 8 / (1 + k / 8));
  return { data, rows, columns: COLUMNS };
}
