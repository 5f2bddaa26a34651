/** @file The places of a run, one after another and row by row, each kept as it is done; then what is reported of the best one. */
import type { RunContext } from '../../contract/define';
import type { ProbePosition } from '../../contract/probes';
import type { LinearFamily } from '../../probes/families';
import type { PlaceProbe, TaskRows } from '../../probes/place';
import type { CapturedHook } from './capture';
import type { ProbesConfig } from './config';
import { fitIfPossible, matrixOf, ownAucs, partialMatrix, type Shared } from './matrices';
import { packed } from '../../disk/packed-json';
import { keptPlace, names } from './stored';

/** What a checkpoint knows of places. */
export interface PlacesDone {
  /** Places that are swept or whose matrices are kept. */
  places: string[];
  /** [blocks, positions, tasks]; −1 for what is not there yet, as JSON has no NaN. */
  sweep: { test: number[]; validation: number[] };
}

interface PlacesRun {
  context: RunContext;
  config: ProbesConfig;
  families: readonly LinearFamily[];
  hooks: readonly CapturedHook[];
  positions: readonly ProbePosition[];
  shared: Shared;
  done: PlacesDone;
  checkpoint: () => Promise<void>;
  tasksAt: (hook: CapturedHook, position: ProbePosition) => Promise<TaskRows[]>;
}

interface Place {
  hook: CapturedHook;
  family: LinearFamily;
  position: ProbePosition;
  /** Whether its matrix is kept, not its part of the sweep alone. */
  whole: boolean;
}

/** Matrices of the main position in every block, then the other positions, then the other families. */
function placesOf({ config, families, hooks, positions }: PlacesRun): Place[] {
  const [main, ...others] = families;
  const { position } = config;
  return [
    ...hooks.map((hook) => ({ hook, family: main!, position, whole: true })),
    ...positions
      .filter((one) => one !== position)
      .flatMap((one) => hooks.map((hook) => ({ hook, family: main!, position: one, whole: false }))),
    ...others.flatMap((family) => hooks.map((hook) => ({ hook, family, position, whole: true }))),
  ];
}

/** False where a stop was asked for. */
export async function fitPlaces(run: PlacesRun): Promise<boolean> {
  const { context, done } = run;
  const [main] = run.families;
  const work = placesOf(run);
  for (const [step, place] of work.entries()) {
    const { hook, family, position, whole } = place;
    const name = names.place(family, hook.block, position);
    if (done.places.includes(name)) continue;
    const stage = `fitting ${family}, block ${hook.block}, ${position}`;
    context.progress({ stage, step, steps: work.length, stepsPerSecond: null });
    const tasks = await run.tasksAt(hook, position);
    const probes = await fitRows(run, place, tasks);
    if (!probes) return false;
    if (family === main) await sweep(run, place, probes, tasks);
    if (whole) {
      const matrix = matrixOf({ family, block: hook.block, position }, probes, tasks, run.shared);
      await context.keep(name, keptPlace(matrix, probes));
      if (family === main) {
        context.metric('auc.inTaskMean', hook.block, matrix.summary.inTaskMean);
        if (tasks.length > 1) context.metric('auc.crossTaskMean', hook.block, matrix.summary.crossTaskMean);
      }
    }
    done.places.push(name);
    await run.checkpoint();
  }
  return true;
}

/** One task's probe after another; of places whose matrix is kept each row can be seen at once. Null where a stop was asked for. */
async function fitRows(
  { context, shared }: PlacesRun,
  { hook, family, position, whole }: Place,
  tasks: readonly TaskRows[],
): Promise<(PlaceProbe | null)[] | null> {
  const probes = tasks.map((): PlaceProbe | null => null);
  for (const [k, task] of tasks.entries()) {
    if (context.stopRequested()) return null;
    probes[k] = fitIfPossible(family, task);
    if (!whole || !probes[k]) continue;
    const matrix = partialMatrix({ family, block: hook.block, position }, probes, tasks, shared);
    await context.keep(names.unfinished, packed(matrix));
  }
  return context.stopRequested() ? null : probes;
}

async function sweep(
  { context, hooks, positions, done }: PlacesRun,
  { hook, position }: Place,
  probes: readonly (PlaceProbe | null)[],
  tasks: readonly TaskRows[],
): Promise<void> {
  const at = (hooks.indexOf(hook) * positions.length + positions.indexOf(position)) * tasks.length;
  const size = hooks.length * positions.length * tasks.length;
  for (const part of ['test', 'validation'] as const) {
    const values = done.sweep[part];
    while (values.length < size) values.push(-1);
    ownAucs(probes, tasks, part).forEach((auc, k) => (values[at + k] = auc));
  }
  const kept = (values: readonly number[]) => Float64Array.from(values, (value) => (value < 0 ? NaN : value));
  const { test, validation } = done.sweep;
  await context.keep(names.sweep, packed({ test: kept(test), validation: kept(validation) }));
}
