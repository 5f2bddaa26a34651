/** @file A place of a stored run, opened for questions: its tasks' rows, and probes as they were kept or as they are fitted now. */
import { MongeError } from '../../../native-models/error';
import type { ProbeFamily, ProbeMatrix, ProbePlace, Removed } from '../../contract/probes';
import type { QueryContext } from '../../contract/query';
import type { LinearFamily } from '../../probes/families';
import {
  isLinear,
  linearScorer,
  type PlaceProbe,
  type Scorer,
  type ScoringProbe,
  type TaskRows,
} from '../../probes/place';
import { scalerOf } from '../../probes/standardise';
import { tasksAt } from './activations';
import type { CapturedHook } from './capture';
import { removedOf, type Inputs, type ProbesConfig } from './config';
import { ITEMS_FILE, type RunItems } from './items';
import { fitAll, runDraws, type Shared } from './matrices';
import { fitPerceptrons, perceptronScorer, storedPerceptrons, type Perceptron } from './perceptron';
import { unpackJson, unpacked } from '../../disk/packed-json';
import { names, storedScores, type RunFacts, type StoredControls } from './stored';

/** Items are read whole. */
const MOST_BYTES = 2 ** 30;

export type ProbesContext = QueryContext<ProbesConfig, unknown, Inputs>;

/** A place as it is asked for: what is taken out is that of the settings where it is not said. */
export type AskedPlace = ProbePlace & { removed?: Removed[] | undefined };
type LinearPlace = AskedPlace & { family: LinearFamily };

interface OpenTasks {
  tasks: TaskRows[];
  shared: Shared;
}

/** Scores of single items by the probe of task `train`, which must be there. */
interface OpenScores extends OpenTasks {
  /** @throws `task-unknown`, `probe-pairs-missing` */
  scorerOf: (train: number) => Scorer;
  /** @throws what `scorerOf` throws, and `probe-without-direction` of perceptrons */
  linearOf: (train: number) => ScoringProbe;
}

export async function itemsOrNull({ artifact }: ProbesContext): Promise<RunItems | null> {
  const bytes = await artifact(ITEMS_FILE, { at: 0, bytes: MOST_BYTES });
  return bytes && unpackJson<RunItems>(bytes);
}

/** @throws `probes-unfinished` */
export async function requireItems(context: ProbesContext): Promise<RunItems> {
  const items = await itemsOrNull(context);
  if (items) return items;
  throw new MongeError({
    code: 'probes-unfinished',
    what: 'the tasks of this run are not read yet',
    help: 'wait for the run, or resume it',
  });
}

/** What is known once all activations are stored. @throws `probe-place-missing` */
export async function factsOf(context: ProbesContext): Promise<RunFacts> {
  const kept = await context.kept(names.facts);
  if (kept) return unpacked<RunFacts>(kept);
  throw new MongeError({
    code: 'probe-place-missing',
    blame: 'input',
    what: 'the activations of this run are not all there yet',
    help: 'wait for the run, or resume it',
  });
}

/** @throws `probe-place-missing` */
export async function hookOf(context: ProbesContext, block: number): Promise<CapturedHook> {
  const { hooks } = await factsOf(context);
  const hook = hooks.find((one) => one.block === block);
  if (hook) return hook;
  throw new MongeError({
    code: 'probe-place-missing',
    blame: 'input',
    what: 'this block was not captured',
    where: { key: 'block' },
    got: String(block),
    expected: hooks.map((one) => one.block).join(', '),
    help: 'run again with this block among the hooks',
  });
}

function removedAt({ config }: ProbesContext, { removed }: AskedPlace): Removed[] {
  const own = removedOf(config);
  return removed ? [...new Set(removed)].sort() : own;
}

/** Whether what is asked for is what the run computes: else it cannot have been kept. */
export function isOfRun(context: ProbesContext, place: AskedPlace): boolean {
  return removedAt(context, place).join() === [...removedOf(context.config)].sort().join();
}

/** What is cached of a place is named by this. */
export function placeKey(context: ProbesContext, place: AskedPlace): string {
  const { family, block, position } = place;
  return `${family}.${block}.${position}.${removedAt(context, place).join('+')}`;
}

async function openTasks(context: ProbesContext, place: AskedPlace): Promise<OpenTasks> {
  const { config, seed, artifact } = context;
  const { block, position } = place;
  const hook = await hookOf(context, block);
  const items = await requireItems(context);
  const removed = removedAt(context, place);
  const tasks = await context.cached(`probes.tasks:${block}.${position}.${removed.join('+')}`, () =>
    tasksAt(artifact, items, hook, position, removed),
  );
  const kept = await context.kept(names.controls);
  const { controls, scores } = kept ? unpacked<StoredControls>(kept) : { controls: [], scores: [] };
  const shared: Shared = {
    draws: runDraws(items, config, seed),
    ...{ controls, controlScores: scores, scores: config.scores, seed },
  };
  return { tasks, shared };
}

/** Fits the probes of a place from its stored activations; the last few places stay open. @throws `probe-pairs-missing` */
export async function openPlace(
  context: ProbesContext,
  place: LinearPlace,
): Promise<OpenTasks & { probes: (PlaceProbe | null)[] }> {
  const { family } = place;
  return context.cached(`probes.place:${placeKey(context, place)}`, async () => {
    const open = await openTasks(context, place);
    if (family === 'ccs' && !open.tasks.some(({ pairs }) => pairs)) throw pairsMissing('');
    // As in the blocks of the run: the whitened direction costs more than all else.
    return { ...open, probes: fitAll(family, open.tasks, false) };
  });
}

/** Perceptrons of a place, trained for the question: some seconds a task. */
export async function ceilingAt(
  context: ProbesContext,
  place: AskedPlace,
): Promise<{ matrix: ProbeMatrix; perceptrons: Perceptron[] }> {
  const { block, position } = place;
  return context.cached(`probes.ceiling:${placeKey(context, place)}`, async () => {
    const { tasks, shared } = await openTasks(context, place);
    const { compute, seed } = context;
    const surroundings = { compute, seed, now: () => performance.now(), stopRequested: () => false };
    return (await fitPerceptrons(surroundings, { block, position }, tasks, shared))!;
  });
}

/** What scores single items at a place: as the run kept it, else fitted. */
export async function openScores(context: ProbesContext, place: AskedPlace): Promise<OpenScores> {
  const { family } = place;
  const open = await openTasks(context, place);
  const kept = isOfRun(context, place)
    ? await context.kept(names.place(family, place.block, place.position))
    : null;
  const at = <T>(all: readonly (T | null)[], train: number): T => {
    const one = all[train];
    if (one) return one;
    const task = open.tasks[train];
    throw task ? pairsMissing(task.name) : taskUnknown(train, open.tasks.length);
  };
  if (!isLinear(family)) {
    const stored = kept ? storedPerceptrons(kept) : [];
    const all = stored.length > 0 ? stored : (await ceilingAt(context, place)).perceptrons;
    return {
      ...open,
      scorerOf: (train) => perceptronScorer(at(all, train)),
      linearOf: () => {
        throw withoutDirection(family);
      },
    };
  }
  const probes: (ScoringProbe | null)[] = kept
    ? storedScores(kept).map((scores, k) => {
        const { rows, split } = open.tasks[k]!;
        return scores && { ...scores, scaler: scalerOf(rows, split.train) };
      })
    : (await openPlace(context, { ...place, family })).probes;
  return {
    ...open,
    scorerOf: (train) => linearScorer(at(probes, train)),
    linearOf: (train) => at(probes, train),
  };
}

export function taskUnknown(asked: number, count: number): MongeError {
  return new MongeError({
    code: 'task-unknown',
    blame: 'input',
    what: 'the run has no task of this number',
    got: String(asked),
    expected: `0 to ${count - 1}`,
  });
}

function pairsMissing(task: string): MongeError {
  return new MongeError({
    code: 'probe-pairs-missing',
    blame: 'input',
    what: 'contrast-consistent search needs statements with what contradicts them',
    where: { key: 'family' },
    ...(task !== '' && { got: `${task}, which has none` }),
    help: 'give a task of the negated statements about the same things, or groups of one true and one false statement',
  });
}

function withoutDirection(family: ProbeFamily): MongeError {
  return new MongeError({
    code: 'probe-without-direction',
    blame: 'input',
    what: 'a perceptron has no direction',
    where: { key: 'family' },
    got: family,
    expected: 'a linear family',
  });
}
