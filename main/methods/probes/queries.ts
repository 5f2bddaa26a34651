/** @file The answers to the panel's questions: from what the run has kept, else from its stored activations. */
import { MongeError } from '../../../native-models/error';
import type { ProbeCell, ProbeMatrix, ProbeMixtures, ScoredItems, WorstItems } from '../../contract/probes';
import { answersFor } from '../../contract/query';
import { Ranked } from '../../numerics/ranking';
import { aucInterval, testLabels } from '../../probes/matrix';
import { mixturesOf } from '../../probes/mixtures';
import { isLinear, type Scorer, type TaskRows } from '../../probes/place';
import { calibrationOf, plattScaling } from '../../probes/platt';
import { drawn } from '../../probes/splits';
import { projectionAnswers } from '../../projection/questions';
import type { Inputs, ProbesConfig } from './config';
import { matrixOf } from './matrices';
import {
  ceilingAt,
  hookOf,
  isOfRun,
  itemsOrNull,
  openPlace,
  openScores,
  placeKey,
  requireItems,
  taskUnknown,
} from './open-place';
import { layersOf, overviewOf, sweepOf } from './overview';
import { questions } from './questions';
import { directionOf } from './report';
import { rowsOf } from './rows';
import { unpacked } from '../../disk/packed-json';
import { names } from './stored';
import { templateOf } from './templates';

/** Labels of the other task that Platt's scaling is refitted on. */
const PLATT = [0, 20, 50, 200];
/** Beyond these an AUC is called far from chance. */
const FAR = [0.3, 0.7] as const;

const probeAnswers = answersFor<ProbesConfig, unknown, Inputs>()(questions, {
  overview: async (context) => overviewOf(context, await itemsOrNull(context)),
  sweep: async (context) => sweepOf(context, await requireItems(context)),
  layers: async (context, asked) => layersOf(context, asked, await requireItems(context)),

  async matrix(context, { whole, ...place }) {
    const { family, block, position } = place;
    if (isOfRun(context, place)) {
      const kept = await context.kept(names.place(family, block, position));
      if (kept) return unpacked<ProbeMatrix>(kept);
      const begun = whole ? null : await context.kept(names.unfinished);
      const rows = begun && unpacked<ProbeMatrix>(begun);
      if (rows && rows.family === family && rows.block === block && rows.position === position) return rows;
    }
    if (!isLinear(family)) return (await ceilingAt(context, place)).matrix;
    return context.cached(`probes.matrix:${placeKey(context, place)}`, async () => {
      const { tasks, probes, shared } = await openPlace(context, { ...place, family });
      return matrixOf({ family, block, position }, probes, tasks, shared);
    });
  },

  async scores(context, { train, test, ...place }): Promise<ProbeCell> {
    const { tasks, scorerOf, shared } = await openScores(context, place);
    const [source, target] = pairOf(tasks, train, test);
    const scorer = scorerOf(train);
    const { mean, deviation } = momentsOf(scorer(source, source.split.train, { own: false, scores: 'raw' }));
    const scaled = (values: Float64Array) => values.map((value) => (value - mean) / deviation);
    const of = (task: TaskRows, k: number, own: boolean): ScoredItems => {
      const found = scaled(scorer(task, task.split.test, { own, scores: shared.scores }));
      const labels = testLabels(task);
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
      platt: plattOf(scorer, target, { own: train === test, seed: context.seed, scores: shared.scores }),
    };
  },

  async worst(context, { train, test, count, groupBy, ...place }): Promise<WorstItems> {
    const { tasks, scorerOf, shared } = await openScores(context, place);
    const [source, target] = pairOf(tasks, train, test);
    const scorer = scorerOf(train);
    const { mean, deviation } = momentsOf(scorer(source, source.split.train, { own: false, scores: 'raw' }));
    const found = scorer(target, target.split.test, {
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
      const { family, block, position } = place;
      if (!isLinear(family) || family === 'ccs') throw mixturesMissing(family);
      const { tasks, probes, shared } = await openPlace(context, { ...place, family });
      const all = probes.filter((probe) => probe !== null);
      const found = mixturesOf(family, all, tasks, shared.draws, shared);
      if (found) return { family, block, position, ...found };
      throw new MongeError({
        code: 'tasks-too-few',
        blame: 'input',
        what: 'of fewer than three tasks there is nothing to mix',
        got: `${tasks.length} tasks`,
      });
    });
  },

  async direction(context, { train, ...place }) {
    const { tasks, linearOf } = await openScores(context, place);
    const [task] = pairOf(tasks, train, train);
    const { score } = linearOf(train);
    const hook = await hookOf(context, place.block);
    return directionOf(task, score, { hook: hook.id, family: place.family, position: place.position });
  },
});

export const answers = { ...probeAnswers, ...projectionAnswers<ProbesConfig, unknown, Inputs>(rowsOf) };

function mixturesMissing(family: string): MongeError {
  return new MongeError({
    code: 'probe-mixtures-missing',
    blame: 'input',
    what: 'mixtures are made of linear probes that are fitted on labels',
    where: { key: 'family' },
    got: family,
    expected: 'lr-l2, lr-l1, mass-mean, lda or ridge',
  });
}

function pairOf(tasks: readonly TaskRows[], train: number, test: number): [TaskRows, TaskRows] {
  const [source, target] = [tasks[train], tasks[test]];
  if (source && target) return [source, target];
  throw taskUnknown(source ? test : train, tasks.length);
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
  scorer: Scorer,
  task: TaskRows,
  { own, seed, scores }: { own: boolean; seed: number; scores: ProbesConfig['scores'] },
): ProbeCell['platt'] {
  const test = scorer(task, task.split.test, { own, scores });
  const truth = testLabels(task);
  return PLATT.flatMap((labels) => {
    if (labels === 0) return [{ labels, ...calibrationOf(test, truth) }];
    if (labels > task.split.train.length) return [];
    const items = drawn(task.split.train, labels, seed, `probes.platt.${task.name}.${labels}`);
    const known = Uint8Array.from(items, (item) => task.labels[item]!);
    if (!known.includes(0) || !known.includes(1)) return [];
    const scaling = plattScaling(scorer(task, items, { own, scores }), known);
    return [{ labels, ...calibrationOf(test, truth, scaling) }];
  });
}
