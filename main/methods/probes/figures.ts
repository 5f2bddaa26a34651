/** @file The figures of a run: the matrix of AUCs, and how it changes from block to block. */
import { plot } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import { figureFor } from '../../contract/figure';
import type { ProbeMatrix } from '../../contract/probes';
import type { QueryContext } from '../../contract/query';
import { object, section } from '../../contract/schema';
import type { Inputs, ProbesConfig } from './config';
import { familiesOf } from './config';
import { reportedHook } from './reported';
import { unpacked } from '../../disk/packed-json';
import { names, type RunFacts, type StoredSweep } from './stored';

const [shown] = section('Matrix');

type Run = Pick<QueryContext<ProbesConfig, unknown, Inputs>, 'kept' | 'keptNames' | 'config'>;

export const figures = {
  matrix: figureFor<ProbesConfig, Inputs>()({
    title: 'AUC by training and test task',
    help: 'Orange ranks true above false, blue the other way round; rows are trained on, columns tested on.',
    args: object({
      block: shown('Block: Counted from 0; -1 is the one that the run reports.').integer(-1, [-1, 10_000]),
    }),
    draw: async (run, { block }) => {
      const all = await matricesOf(run);
      const wanted = block < 0 ? await reportedBlock(run, all) : block;
      const found = all.find((one) => one.block === wanted);
      return found ? matrixScene(found) : null;
    },
  }),
  blocks: figureFor<ProbesConfig, Inputs>()({
    title: 'From block to block',
    help: 'Mean AUC on the own task, on other tasks, and of the words alone.',
    draw: async (run) => blockScene(await matricesOf(run)),
  }),
};

/** The block that the run reports, of those that are there. */
async function reportedBlock(
  { kept, config }: Run,
  matrices: readonly ProbeMatrix[],
): Promise<number | undefined> {
  const [facts, sweep] = [await kept(names.facts), await kept(names.sweep)];
  if (!facts || !sweep || matrices.length === 0) return matrices.at(-1)?.block;
  const { hooks, positions } = unpacked<RunFacts>(facts);
  return reportedHook(hooks, config.block, unpacked<StoredSweep>(sweep).validation, {
    position: positions.indexOf(config.position),
    positions: positions.length,
    tasks: matrices[0]!.tasks.length,
  }).block;
}

/** Of the compared family at the main position, by block. */
async function matricesOf({ kept, keptNames, config }: Run): Promise<ProbeMatrix[]> {
  const facts = await kept(names.facts);
  if (!facts) return [];
  const { hooks } = unpacked<RunFacts>(facts);
  const [family] = familiesOf(config);
  const out: ProbeMatrix[] = [];
  for (const { block } of hooks) {
    const name = names.place(family!, block, config.position);
    const arrays = keptNames.includes(name) ? await kept(name) : null;
    if (arrays) out.push(unpacked<ProbeMatrix>(arrays));
  }
  return out;
}

function matrixScene({ tasks, auc, family, block, position, summary }: ProbeMatrix): Scene {
  const count = tasks.length;
  // Cells count from below; the first row of a matrix is on top.
  const values = Float32Array.from(auc.values, (_, k) => {
    const row = count - 1 - Math.floor(k / count);
    return auc.values[row * count + (k % count)]! - 0.5;
  });
  return plot({
    title: 'AUC by training and test task',
    subtitle: `${family}, block ${block}, ${position}; in-task ${summary.inTaskMean.toFixed(2)}, cross-task ${summary.crossTaskMean.toFixed(2)}`,
    x: { label: 'tested on', domain: [0.5, count + 0.5] },
    y: { label: 'trained on', domain: [0.5, count + 0.5] },
    marks: [
      {
        ...{ kind: 'cells', label: 'AUC − 0.5', grid: count, values, limit: 0.5 },
        extent: [0.5, count + 0.5, 0.5, count + 0.5],
      },
    ],
    notes: tasks.map((name, i) => {
      const row = Array.from(auc.values.subarray(i * count, (i + 1) * count), (value) => value.toFixed(2));
      return `${i + 1} (row ${count - i} from below) ${name}: ${row.join('  ')}`;
    }),
  });
}

function blockScene(all: readonly ProbeMatrix[]): Scene | null {
  if (all.length === 0) return null;
  const x = all.map(({ block }) => block);
  const line = (label: string, color: 'series-1' | 'series-2', of: (matrix: ProbeMatrix) => number) => ({
    ...{ kind: 'line' as const, label, color, dots: 2, x },
    y: all.map(of),
  });
  const one = all[0]!;
  return plot({
    title: 'From block to block',
    subtitle: `${one.family}, ${one.position}`,
    x: 'block',
    y: { label: 'AUC', include: [0.5, 1] },
    marks: [
      line('own task', 'series-1', ({ summary }) => summary.inTaskMean),
      one.tasks.length > 1 && line('other tasks', 'series-2', ({ summary }) => summary.crossTaskMean),
      { kind: 'rule', label: 'text only', y: one.summary.textOnlyMean, color: 'ink-third', stroke: 'dashed' },
      { kind: 'rule', label: 'chance', y: 0.5, color: 'ink-third', stroke: 'dotted' },
    ],
  });
}
