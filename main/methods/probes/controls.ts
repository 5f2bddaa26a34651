/** @file What is reached on each task without the model's inside: words, length, log-probability, confidence; and by permuted labels. */
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import type { ProbeControl } from '../../contract/probes';
import { aucOf, centralInterval, permutedLabels } from '../../numerics/ranking';
import type { LinearFamily } from '../../probes/families';
import { aucInterval, testLabels, type Draws } from '../../probes/matrix';
import { canFit, fitProbe, probeScores, type PlaceProbe, type TaskRows } from '../../probes/place';
import { fitTextClassifier } from '../../texts/text-classifier';
import type { ProbesConfig } from './config';
import type { RunItems } from './items';
import { abortable } from '../../inference/for-methods/abortable';

/** Probes on permuted labels. */
const RANDOM_PROBES = 10;

/** A control with what it says of single test items. */
export interface ScoredControl {
  control: ProbeControl;
  scores: Float64Array[];
}

/** AUC per task of scores of its test items, with intervals. */
function scored(
  about: Pick<ProbeControl, 'id' | 'title' | 'says'>,
  tasks: readonly { items: readonly { label: number }[]; split: { test: readonly number[] } }[],
  given: readonly ArrayLike<number>[],
  draws: Draws,
): ScoredControl {
  const scores = given.map((values) => Float64Array.from(values));
  const empty = () => new Float64Array(tasks.length).fill(NaN);
  const out = { ...about, values: empty(), low: empty(), high: empty() };
  for (const [k, { items, split }] of tasks.entries()) {
    const found = scores[k]!;
    const labels = Uint8Array.from(split.test, (item) => items[item]!.label);
    const { auc, low, high } = aucInterval(found, labels, draws.resamples[k]!, draws.relabellings[k]!);
    [out.values[k], out.low[k], out.high[k]] = [auc, low, high];
  }
  return { control: out, scores };
}

/** Words alone: TF-IDF and logistic regression on the training items; of answers prompt and answer. */
export function textOnly({ tasks }: RunItems, draws: Draws): ScoredControl {
  const scores = tasks.map(({ items, split }) => {
    const texts = (part: readonly number[]) => part.map((item) => items[item]!.text);
    const train = split.train.map((item) => items[item]!.label);
    return fitTextClassifier(texts(split.train), train).scores(texts(split.test));
  });
  const says = 'Logistic regression on TF-IDF of words and pairs of words, trained on the same items.';
  return scored({ id: 'text-only', title: 'text only', says }, tasks, scores, draws);
}

/** Length in letters; a short one below 0.5 is as telling as one above. */
export function lengthControl({ tasks }: RunItems, draws: Draws): ScoredControl {
  const scores = tasks.map(({ items, split }) => split.test.map((item) => items[item]!.text.length));
  const says = 'The number of letters as a score, as it is: below 0.5 short ones are true.';
  return scored({ id: 'length', title: 'length', says }, tasks, scores, draws);
}

/**
 * Log-probability of the statement or the answer per token, and how sure the model is of the first token of its answer (of
 * what follows a statement). Null where a stop was asked for.
 */
export async function modelControls(
  context: Pick<RunContext, 'stopRequested' | 'progress'>,
  session: LanguageSession,
  { tasks }: RunItems,
  { level, batch, mode }: Pick<ProbesConfig, 'level' | 'batch' | 'mode'>,
  draws: Draws,
): Promise<ScoredControl[] | null> {
  const texts = tasks.flatMap(({ items, split }) =>
    split.test.map((item) => {
      const { text, prompt } = items[item]!;
      return { text, prefix: text.slice(0, prompt) };
    }),
  );
  const [likely, top, entropy] = [0, 1, 2].map(() => new Float64Array(texts.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let done = 0;
  const whole = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'likelihood', texts, level, batch, from: 0 },
      ({ rows, texts: found }) => {
        rows.forEach((row, k) => {
          likely[row] = found[k]!.sum / Math.max(1, found[k]!.tokens);
          top[row] = found[k]!.top;
          entropy[row] = -found[k]!.entropy;
        });
        done += rows.length;
        context.progress({ stage: 'reading the controls', step: done, steps: texts.length });
        heard();
      },
      signal,
    ),
  );
  if (!whole) return null;
  let at = 0;
  const ends = tasks.map(({ split }) => (at += split.test.length));
  const parts = (values: Float64Array) =>
    tasks.map(({ split }, k) => values.subarray(ends[k]! - split.test.length, ends[k]));
  const of = mode === 'answer' ? 'the answer' : 'the statement';
  const next = mode === 'answer' ? 'the first token of the answer' : 'the token after the statement';
  return [
    scored(
      {
        id: 'log-probability',
        title: 'log-probability',
        says: `Mean log-probability of ${of} per token, under the model itself.`,
      },
      tasks,
      parts(likely),
      draws,
    ),
    scored(
      {
        id: 'first-token-confidence',
        title: 'confidence, top-1',
        says: `The largest probability of ${next}.`,
      },
      tasks,
      parts(top),
      draws,
    ),
    scored(
      { id: 'first-token-entropy', title: 'confidence, entropy', says: `Minus the entropy of ${next}.` },
      tasks,
      parts(entropy),
      draws,
    ),
  ];
}

/** What probes of the same kind and strength reach that were trained on permuted labels: the central 95 % of a few. */
export function randomLabels(
  family: LinearFamily,
  probes: readonly (PlaceProbe | null)[],
  tasks: readonly TaskRows[],
  seed: number,
): ProbeControl {
  const empty = () => new Float64Array(tasks.length).fill(NaN);
  const [values, low, high] = [empty(), empty(), empty()];
  for (const [k, task] of tasks.entries()) {
    const probe = probes[k];
    if (!probe) continue;
    const { train, test } = task.split;
    const own = Uint8Array.from(train, (item) => task.labels[item]!);
    const permuted = permutedLabels(own, RANDOM_PROBES, seed, `random ${task.name}`).labels;
    const truth = testLabels(task);
    const aucs = Array.from({ length: RANDOM_PROBES }, (_, draw) => {
      const labels = task.labels.slice();
      train.forEach((item, row) => (labels[item] = permuted[draw * train.length + row]!));
      const { strength } = probe;
      const random = fitProbe(family, { ...task, labels }, Number.isNaN(strength) ? {} : { strength });
      return aucOf(probeScores(random, task, test, { own: false, scores: 'raw' }), truth);
    });
    values[k] = aucs.reduce((sum, auc) => sum + auc / RANDOM_PROBES, 0);
    [low[k], high[k]] = centralInterval(RANDOM_PROBES, (draw) => aucs[draw]!);
  }
  const says = `${RANDOM_PROBES} probes trained on permuted labels at the same strength.`;
  return { id: 'random-labels', title: 'random labels', says, values, low, high };
}

/** What a probe of the same family reaches on a model with the same shape and random weights: structure without what was learnt. */
export function randomWeights(
  family: LinearFamily,
  tasks: readonly TaskRows[],
  draws: Draws,
): ScoredControl | null {
  if (!tasks.every((task) => canFit(family, task))) return null;
  const scores = tasks.map((task) =>
    probeScores(fitProbe(family, task), task, task.split.test, { own: true, scores: 'raw' }),
  );
  const says =
    'The same probe at the same place of the same model, with every weight drawn anew at the mean and deviation of its tensor.';
  const rows = tasks.map(({ labels, split }) => ({
    items: Array.from(labels, (label) => ({ label })),
    split: { test: Array.from(split.test) },
  }));
  return scored({ id: 'random-weights', title: 'random weights', says }, rows, scores, draws);
}
