/** @file The answers to the panel's questions: from what the run has kept, else from its stored activations. */
import { MongeError } from '../../../native-models/error';
import type {
  ProbeCell,
  ProbeMatrix,
  ProbeMixtures,
  ProbePlace,
  ScoredItems,
  WorstItems,
} from '../../contract/probes';
import { answersFor, type QueryContext } from '../../contract/query';
import { Ranked } from '../../numerics/ranking';
import { aucInterval } from '../../probes/matrix';
import { mixturesOf } from '../../probes/mixtures';
import { isLinear, probeScores, type PlaceProbe, type ScoringProbe, type TaskRows } from '../../probes/place';
import { calibrationOf, plattScaling } from '../../probes/platt';
import { scalerOf } from '../../probes/standardise';
import { drawn } from '../../probes/splits';
import type { LinearFamily } from '../../probes/families';
import { tasksAt } from './activations';
import type { CapturedHook } from './capture';
import { removedOf, type Inputs, type ProbesConfig } from './config';
import { ITEMS_FILE, type RunItems } from './items';
import { fitAll, matrixOf, runDraws, type Shared } from './matrices';
import { layersOf, overviewOf, sweepOf } from './overview';
import { perceptronMatrix } from './perceptron';
import { questions } from './questions';
import { directionOf } from './report';
import { unpackJson, unpacked } from '../../disk/packed-json';
import { names, storedScores, type RunFacts, type StoredControls } from './stored';
import { templateOf } from './templates';

/** Items are read whole. */
const MOST_BYTES = 2 ** 30;
/** Labels of the other task that Platt's scaling is refitted on. */
const PLATT = [0, 20, 50, 200];
/** Beyond these an AUC is called far from chance. */
const FAR = [0.3, 0.7] as const;

type ProbesContext = QueryContext<ProbesConfig, unknown, Inputs>;

/** What is open of one place. */
interface OpenPlace {
  tasks: TaskRows[];
  probes: PlaceProbe[];
  family: LinearFamily;
  shared: Shared;
}

export const answers = answersFor<ProbesConfig, unknown, Inputs>()(questions, {
  overview: async (context) => overviewOf(context, await itemsOrNull(context)),
  sweep: async (context) => sweepOf(context, await requireItems(context)),
  layers: async (context, asked) => layersOf(context, asked, await requireItems(context)),

  async matrix(context, place) {
    const name = names.place(place.family, place.block, place.position);
    const kept = await context.kept(name);
    if (kept) return unpacked<ProbeMatrix>(kept);
    return context.cached(`probes.matrix:${name}`, async () => {
      if (!isLinear(place.family)) return ceilingAt(context, place);
      const { tasks, probes, family, shared } = await openPlace(context, place);
      return matrixOf({ ...place, family }, probes, tasks, shared);
    });
  },

  async scores(context, { train, test, ...place }): Promise<ProbeCell> {
    const { tasks, probes, shared } = await openScores(context, place);
    const [source, target] = pairOf(tasks, train, test);
    const probe = probes[train]!;
    const { mean, deviation } = momentsOf(
      probeScores(probe, source, source.split.train, { own: false, scores: 'raw' }),
    );
    const scaled = (values: Float64Array) => values.map((value) => (value - mean) / deviation);
    const of = (task: TaskRows, k: number, own: boolean): ScoredItems => {
      const found = scaled(probeScores(probe, task, task.split.test, { own, scores: shared.scores }));
      const labels = Uint8Array.from(task.split.test, (item) => task.labels[item]!);
      const interval = aucInterval(found, labels, shared.draws.resamples[k]!, shared.draws.relabellings[k]!);
      return {
        items: Int32Array.from(task.split.test),
        scores: Float32Array.from(found),
        ...{ labels, ...interval, roc: new Ranked(found, labels).curve() },
      };
    };
    const other = of(target, test, train === test);
    return {
      ...{ train: source.name, test: target.name, own: of(source, train, true), other },
      threshold: -mean / deviation,
      remark: remarkOn(other.auc, train === test),
      platt: plattOf(probe, target, { own: train === test, seed: context.seed, scores: shared.scores }),
    };
  },

  async worst(context, { train, test, count, groupBy, ...place }): Promise<WorstItems> {
    const { tasks, probes, shared } = await openScores(context, place);
    const [source, target] = pairOf(tasks, train, test);
    const probe = probes[train]!;
    const { mean, deviation } = momentsOf(
      probeScores(probe, source, source.split.train, { own: false, scores: 'raw' }),
    );
    const found = probeScores(probe, target, target.split.test, {
      own: train === test,
      scores: shared.scores,
    });
    const { tasks: stored } = await requireItems(context);
    const templates = groupBy === 'template' ? templateOf(stored[test]!.items) : null;
    const all = Array.from(target.split.test, (item, k) => {
      const { text, label, group } = stored[test]!.items[item]!;
      const wrong = found[k]! > 0 !== (label === 1);
      const name = templates ? templates[item]! : group;
      return {
        item,
        text,
        label,
        score: (found[k]! - mean) / deviation,
        group: name,
        wrong,
        raw: Math.abs(found[k]!),
      };
    });
    const groups = new Map<string, typeof all>();
    if (groupBy !== 'none')
      for (const one of all) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
    const wrong = all.filter((one) => one.wrong).sort((a, b) => b.raw - a.raw || a.item - b.item);
    return {
      ...{ train: source.name, test: target.name, wrong: wrong.length, total: all.length },
      items: wrong
        .slice(0, count)
        .map(({ item, text, label, score, group }) => ({ item, text, label, score, group })),
      groups: [...groups]
        .map(([name, list]) => ({
          ...{ name, wrong: list.filter((one) => one.wrong).length, total: list.length },
          meanScore: list.reduce((sum, { score }) => sum + score / list.length, 0),
        }))
        .sort((a, b) => b.wrong - a.wrong || a.name.localeCompare(b.name, 'en')),
    };
  },

  async mixtures(context, place): Promise<ProbeMixtures> {
    const kept = await context.kept(names.mixtures);
    const stored = kept && unpacked<ProbeMixtures>(kept);
    if (
      stored &&
      stored.family === place.family &&
      stored.block === place.block &&
      stored.position === place.position
    )
      return stored;
    return context.cached(`probes.mixtures:${JSON.stringify(place)}`, async () => {
      const { tasks, probes, family, shared } = await openPlace(context, place);
      const found = mixturesOf(family, probes, tasks, shared.draws, shared);
      if (found) return { ...place, ...found };
      throw new MongeError({
        code: 'tasks-too-few',
        blame: 'input',
        what: 'of fewer than three tasks there is nothing to mix',
        got: `${tasks.length} tasks`,
      });
    });
  },

  async direction(context, { train, ...place }) {
    const { tasks, probes, family } = await openScores(context, place);
    const [task] = pairOf(tasks, train, train);
    const { hook } = await hookOf(context, place.block);
    return directionOf(task, probes[train]!.score, { hook: hook.id, family, position: place.position });
  },
});

async function itemsOrNull({ artifact }: ProbesContext): Promise<RunItems | null> {
  const bytes = await artifact(ITEMS_FILE, { at: 0, bytes: MOST_BYTES });
  return bytes && unpackJson<RunItems>(bytes);
}

async function requireItems(context: ProbesContext): Promise<RunItems> {
  const items = await itemsOrNull(context);
  if (items) return items;
  throw new MongeError({
    code: 'probes-unfinished',
    what: 'the tasks of this run are not read yet',
    help: 'wait for the run, or resume it',
  });
}

async function hookOf(
  context: ProbesContext,
  block: number,
): Promise<{ hook: CapturedHook; facts: RunFacts }> {
  const kept = await context.kept(names.facts);
  const facts = kept && unpacked<RunFacts>(kept);
  const hook = facts?.hooks.find((one) => one.block === block);
  if (facts && hook) return { hook, facts };
  throw new MongeError({
    code: 'probe-place-missing',
    blame: 'input',
    what: facts ? 'this block was not captured' : 'the activations of this run are not all there yet',
    where: { key: 'block' },
    got: String(block),
    ...(facts && { expected: facts.hooks.map((one) => one.block).join(', ') }),
    help: facts ? 'run again with this block among the hooks' : 'wait for the run, or resume it',
  });
}

/** Fits the probes of a place from its stored activations; the last few places stay open. */
async function openPlace(context: ProbesContext, place: ProbePlace): Promise<OpenPlace> {
  const family = linear(place.family);
  const { block, position } = place;
  return context.cached(`probes.place:${family}.${block}.${position}`, async () => {
    const open = await openTasks(context, place);
    // As in the blocks of the run: the whitened direction costs more than all else.
    return { ...open, probes: fitAll(family, open.tasks, false), family };
  });
}

/** Where the run kept the place its directions are read, else they are fitted. */
async function openScores(
  context: ProbesContext,
  place: ProbePlace,
): Promise<Omit<OpenPlace, 'probes'> & { probes: ScoringProbe[] }> {
  const family = linear(place.family);
  const kept = await context.kept(names.place(family, place.block, place.position));
  if (!kept) return openPlace(context, place);
  return context.cached(`probes.scores:${family}.${place.block}.${place.position}`, async () => {
    const open = await openTasks(context, place);
    const probes = storedScores(kept).map((scores, k) => {
      const { rows, split } = open.tasks[k]!;
      return { ...scores, scaler: scalerOf(rows, split.train) };
    });
    return { ...open, probes, family };
  });
}

async function openTasks(context: ProbesContext, { block, position }: ProbePlace) {
  const { config, seed, artifact } = context;
  const { hook } = await hookOf(context, block);
  const items = await requireItems(context);
  const tasks = await context.cached(`probes.tasks:${block}.${position}`, () =>
    tasksAt(artifact, items, hook, position, removedOf(config)),
  );
  const controls = await context.kept(names.controls);
  const shared: Shared = {
    draws: runDraws(items, config, seed),
    controls: controls ? unpacked<StoredControls>(controls) : [],
    ...{ scores: config.scores, seed },
  };
  return { tasks, shared };
}

/** @throws `probe-without-direction` */
function linear(family: ProbePlace['family']): LinearFamily {
  if (isLinear(family)) return family;
  throw new MongeError({
    code: 'probe-without-direction',
    blame: 'input',
    what: 'a perceptron has no direction, and single scores of it are not kept',
    where: { key: 'family' },
    got: family,
    expected: 'a linear family',
  });
}

/** Trained for the question: some seconds a task. */
async function ceilingAt(context: ProbesContext, place: ProbePlace): Promise<ProbeMatrix> {
  const { tasks, shared } = await openPlace(context, { ...place, family: 'mass-mean' });
  const { compute, seed } = context;
  const surroundings = { compute, seed, now: () => performance.now(), stopRequested: () => false };
  return (await perceptronMatrix(surroundings, place, tasks, shared))!;
}

function pairOf(tasks: readonly TaskRows[], train: number, test: number): [TaskRows, TaskRows] {
  const [source, target] = [tasks[train], tasks[test]];
  if (source && target) return [source, target];
  throw new MongeError({
    code: 'task-unknown',
    blame: 'input',
    what: 'the run has no task of this number',
    got: String(source ? test : train),
    expected: `0 to ${tasks.length - 1}`,
  });
}

function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0);
  return { mean, deviation: Math.sqrt(square) || 1 };
}

function remarkOn(auc: number, own: boolean): string {
  if (own) return '';
  if (auc < FAR[0]) return 'Far below chance: it transfers with its sign flipped.';
  return auc > FAR[1] ? 'Far above chance: it transfers.' : '';
}

/** Labels are taken from the target's training part, so that the test items stay unseen. */
function plattOf(
  probe: ScoringProbe,
  task: TaskRows,
  { own, seed, scores }: { own: boolean; seed: number; scores: ProbesConfig['scores'] },
): ProbeCell['platt'] {
  const test = probeScores(probe, task, task.split.test, { own, scores });
  const truth = Uint8Array.from(task.split.test, (item) => task.labels[item]!);
  return PLATT.flatMap((labels) => {
    if (labels === 0) return [{ labels, ...calibrationOf(test, truth) }];
    if (labels > task.split.train.length) return [];
    const items = drawn(task.split.train, labels, seed, `probes.platt.${task.name}.${labels}`);
    const known = Uint8Array.from(items, (item) => task.labels[item]!);
    if (!known.includes(0) || !known.includes(1)) return [];
    const scaling = plattScaling(probeScores(probe, task, items, { own, scores }), known);
    return [{ labels, ...calibrationOf(test, truth, scaling) }];
  });
}
