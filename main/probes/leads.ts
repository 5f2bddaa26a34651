/** @file What a probe adds to what is reached without looking inside the model: differences of AUCs over the same resamples. */
import type { ProbeControl, ProbeMatrix } from '../contract/probes';
import { centralInterval, Ranked } from '../numerics/ranking';
import { testLabels, type Draws } from './matrix';
import type { TaskRows } from './place';

/** A control's scores of the test items of every task; null of a task where it has none. */
export interface ControlScores {
  id: ProbeControl['id'];
  scores: (Float64Array | null)[];
}

/** What is read off the model's output and the text, without training. */
export const outputControls: readonly ProbeControl['id'][] = [
  'log-probability',
  'first-token-confidence',
  'first-token-entropy',
  'length',
];

/**
 * AUC of the own probes less that of each control, [T] with the central 95 % over resamples that both are taken on: intervals
 * of the two alone say less, as both are read from the same items. What is read off the output is turned where it ranks the
 * wrong way round: that is told by the test items themselves, in its favour. What was trained stays as it is.
 */
export function leadsOf(
  own: readonly (ArrayLike<number> | null | undefined)[],
  controls: readonly ControlScores[],
  tasks: readonly Pick<TaskRows, 'labels' | 'split'>[],
  { resamples }: Pick<Draws, 'resamples'>,
): ProbeMatrix['leads'] {
  const probes = tasks.map((task, k) => {
    const scores = own[k];
    return scores ? new Ranked(scores, testLabels(task)) : null;
  });
  return controls.map(({ id, scores }) => {
    const empty = () => new Float64Array(tasks.length).fill(NaN);
    const out = { control: id, values: empty(), low: empty(), high: empty() };
    for (const [k, task] of tasks.entries()) {
      const [probe, found] = [probes[k], scores[k]];
      if (!probe || !found) continue;
      const control = new Ranked(found, testLabels(task));
      const isTurned = outputControls.includes(id) && control.area() < 0.5;
      const lead = (ahead: number, area: number) => ahead - (isTurned ? 1 - area : area);
      const drawn = resamples[k]!;
      out.values[k] = lead(probe.area(), control.area());
      [out.low[k], out.high[k]] = centralInterval(drawn.draws, (draw) =>
        lead(probe.resampled(drawn, draw), control.resampled(drawn, draw)),
      );
    }
    return out;
  });
}
