/** @file What is reached on each task without the model's inside: words, length, log-probability, confidence; and by permuted labels. */
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import type { ProbeControl } from '../../contract/probes';
import { centralInterval, permutedLabels } from '../../numerics/ranking';
import type { LinearFamily } from '../../probes/families';
import { aucInterval, type Draws } from '../../probes/matrix';
import { fitProbe, probeScores, type PlaceProbe, type TaskRows } from '../../probes/place';
import { aucOf } from '../../numerics/ranking';
import { fitTextClassifier } from '../../texts/text-classifier';
import type { ProbesConfig } from './config';
import type { RunItems, RunTask } from './items';
import { abortable } from '../../inference/for-methods/abortable';

/** Probes on permuted labels. */
const RANDOM_PROBES = 10;

type Scores = readonly ArrayLike<number>[];

/** AUC per task of scalars of its test items, with intervals; null scores are left NaN. */
function control(
  about: Pick<ProbeControl, 'id' | 'title' | 'says'>,
  tasks: readonly RunTask[],
  scores: Scores,
  draws: Draws,
): ProbeControl {
  const empty = () => new Float64Array(tasks.length).fill(NaN);
  const out = { ...about, values: empty(), low: empty(), high: empty() };
  for (const [k, { items, split }] of tasks.entries()) {
    const found = scores[k]!;
    if (found.length !== split.test.length) continue;
    const labels = Uint8Array.from(split.test, (item) => items[item]!.label);
    const { auc, low, high } = aucInterval(found, labels, draws.resamples[k]!, draws.relabellings[k]!);
    [out.values[k], out.low[k], out.high[k]] = [auc, low, high];
  }
  return out;
}

/** Words alone: TF-IDF and logistic regression on the training items; of answers prompt and answer. */
export function textOnly({ tasks }: RunItems, draws: Draws): ProbeControl {
  const scores = tasks.map(({ items, split }) => {
    const texts = (part: readonly number[]) => part.map((item) => items[item]!.text);
    const train = split.train.map((item) => items[item]!.label);
    return fitTextClassifier(texts(split.train), train).scores(texts(split.test));
  });
  const says = 'Logistic regression on TF-IDF of words and pairs of words, trained on the same items.';
  return control({ id: 'text-only', title: 'text only', says }, tasks, scores, draws);
}

/** Length in letters; a short one below 0.5 is as telling as one above. */
export function lengthControl({ tasks }: RunItems, draws: Draws): ProbeControl {
  const scores = tasks.map(({ items, split }) => split.test.map((item) => items[item]!.text.length));
  const says = 'The number of letters as a score, as it is: below 0.5 short ones are true.';
  return control({ id: 'length', title: 'length', says }, tasks, scores, draws);
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
): Promise<ProbeControl[] | null> {
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
    control(
      {
        id: 'log-probability',
        title: 'log-probability',
        says: `Mean log-probability of ${of} per token, under the model itself.`,
      },
      tasks,
      parts(likely),
      draws,
    ),
    control(
      {
        id: 'first-token-confidence',
        title: 'confidence, top-1',
        says: `The largest probability of ${next}.`,
      },
      tasks,
      parts(top),
      draws,
    ),
    control(
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
  probes: readonly PlaceProbe[],
  tasks: readonly TaskRows[],
  seed: number,
): ProbeControl {
  const [values, low, high] = [0, 1, 2].map(() => new Float64Array(tasks.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [k, task] of tasks.entries()) {
    const { train, test } = task.split;
    const own = Uint8Array.from(train, (item) => task.labels[item]!);
    const permuted = permutedLabels(own, RANDOM_PROBES, seed, `random ${task.name}`).labels;
    const truth = Uint8Array.from(test, (item) => task.labels[item]!);
    const aucs = Array.from({ length: RANDOM_PROBES }, (_, draw) => {
      const labels = task.labels.slice();
      train.forEach((item, row) => (labels[item] = permuted[draw * train.length + row]!));
      const { strength } = probes[k]!;
      const probe = fitProbe(family, { ...task, labels }, Number.isNaN(strength) ? {} : { strength });
      return aucOf(probeScores(probe, task, test, { own: false, scores: 'raw' }), truth);
    });
    values[k] = aucs.reduce((sum, auc) => sum + auc / RANDOM_PROBES, 0);
    [low[k], high[k]] = centralInterval(RANDOM_PROBES, (draw) => aucs[draw]!);
  }
  const says = `${RANDOM_PROBES} probes trained on permuted labels at the same strength.`;
  return { id: 'random-labels', title: 'random labels', says, values, low, high };
}
