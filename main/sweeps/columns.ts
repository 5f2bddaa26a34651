/** @file A study as figures and tables read it: its summary, all trials as columns, and learning curves. */
import type { StudySummary, TrialColumns, TrialCurves, TrialInfo, TrialState } from '../contract/study';
import { deviation, mean } from '../experiments/statistics';
import type { StudyHistory, Trial } from '../study/journal/history';
import { canonical } from '../study/space/read';

/** Places are the codes of `TrialColumns.states`. */
export const trialStates = [
  ...(['queued', 'running', 'complete', 'pruned', 'diverged', 'failed', 'cancelled', 'lost'] as const),
] as const satisfies readonly TrialState[];

/** Quantile .95 of Student's t for 1, 2, … degrees of freedom. */
const STUDENT = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86];

export function countsOf({ trials }: StudyHistory): StudySummary['counts'] {
  const counts = Object.fromEntries(trialStates.map((state) => [state, 0])) as StudySummary['counts'];
  for (const { state } of trials) counts[state] += 1;
  return counts;
}

/** The complete trial with the best first objective; the earlier one of two alike. */
export function bestOf(history: StudyHistory): TrialInfo | null {
  let best: Trial | null = null;
  for (const trial of history.trials) {
    const value = trial.values[0];
    if (trial.state !== 'complete' || typeof value !== 'number') continue;
    if (!best || history.sign * value < history.sign * best.values[0]!) best = trial;
  }
  return best && infoOf(history, best);
}

/** One trial with all that is known of it. */
export function infoOf({ definition }: StudyHistory, trial: Trial): TrialInfo {
  const runs = definition.seeds.map((seed) => trial.seeds.get(seed));
  const { number, state, point, origin, values, reason } = trial;
  return {
    ...{ number, state, point, origin, values, reason },
    seedValues: runs.map((run) => run?.values[0] ?? null),
    attempts: runs.flatMap((run) => run?.attempts ?? []),
    error: runs.find((run) => run?.error)?.error ?? null,
  };
}

/** Half the 90 % interval of the mean over seeds; NaN below two. */
function spreadOf(trial: Trial): number {
  const values = [...trial.seeds.values()].flatMap(({ values: own }) =>
    typeof own[0] === 'number' ? [own[0]] : [],
  );
  const spread = deviation(values);
  if (spread === null) return NaN;
  return ((STUDENT[values.length - 2] ?? 1.645) * spread) / Math.sqrt(values.length);
}

const secondsOf = (trial: Trial): number =>
  [...trial.seeds.values()]
    .flatMap(({ attempts }) => attempts.map(({ seconds }) => seconds ?? 0))
    .reduce((sum, seconds) => sum + seconds, 0);

export function columnsOf(history: StudyHistory): TrialColumns {
  const { trials, definition, space, revision } = history;
  const count = trials.length;
  const column = () => new Float64Array(count).fill(NaN);
  const keys = [...new Set([...Object.keys(definition.space), ...Object.keys(space)])];
  const columns: TrialColumns = {
    revision,
    states: Uint8Array.from(trials, ({ state }) => trialStates.indexOf(state)),
    values: definition.objectives.map((_, at) =>
      Float64Array.from(trials, ({ values }) => values[at] ?? NaN),
    ),
    spread: Float64Array.from(trials, spreadOf),
    lastValues: column(),
    lastSteps: new Uint32Array(count),
    seconds: Float64Array.from(trials, secondsOf),
    points: keys.map((key) => ({ key, values: column() })),
    reasons: trials.flatMap(({ number, reason }) => (reason === null ? [] : [{ trial: number, reason }])),
  };
  const places = new Map(keys.map((key) => [key, placesOf(history, key)]));
  for (const trial of trials) {
    const curve = lastOf(trial);
    if (curve) {
      columns.lastValues[trial.number] = curve.value;
      columns.lastSteps[trial.number] = curve.step;
    }
    for (const { key, values } of columns.points) {
      const value = trial.point[key];
      if (value === undefined) continue;
      const choices = places.get(key);
      values[trial.number] = choices ? (choices.get(canonical(value)) ?? NaN) : Number(value);
    }
  }
  return columns;
}

/** The places of choices; null for numbers. Choices of an earlier space stand behind those of today's. */
function placesOf({ definition, space }: StudyHistory, key: string): Map<string, number> | null {
  const lists = [space[key], definition.space[key]].flatMap((dimension) =>
    dimension && 'choices' in dimension ? [dimension.choices] : [],
  );
  if (lists.length === 0) return null;
  const places = new Map<string, number>();
  for (const choice of lists.flat())
    if (!places.has(canonical(choice))) places.set(canonical(choice), places.size);
  return places;
}

function lastOf({ seeds }: Trial): { step: number; value: number } | null {
  const step = Math.max(0, ...[...seeds.values()].map((run) => run.steps.at(-1) ?? 0));
  const values = [...seeds.values()].flatMap((run) =>
    run.steps.at(-1) === step ? [run.reports.at(-1)!] : [],
  );
  return step === 0 || values.length === 0 ? null : { step, value: mean(values) };
}

/** The learning curves of some trials, seed by seed. @throws `trial-unknown` */
export function curvesOf(history: StudyHistory, numbers: readonly number[]): TrialCurves {
  const runs = numbers.flatMap((number) =>
    [...history.trial(number).seeds].map(([seed, { steps, reports }]) => ({ number, seed, steps, reports })),
  );
  const starts = new Uint32Array(runs.length + 1);
  runs.forEach(({ steps }, at) => (starts[at + 1] = starts[at]! + steps.length));
  return {
    trials: Uint32Array.from(runs, ({ number }) => number),
    seeds: Float64Array.from(runs, ({ seed }) => seed),
    starts,
    steps: Float64Array.from(runs.flatMap(({ steps }) => steps)),
    values: Float64Array.from(runs.flatMap(({ reports }) => reports)),
  };
}

/** Share of the steps of ended trials that were not done, of those that are known to have a length. */
export function savedShare({ trials }: StudyHistory): number {
  let [done, whole] = [0, 0];
  const runs = trials.flatMap(({ seeds }) => [...seeds.values()]);
  const length = runs.reduce(
    (most, run) => (run.state === 'complete' ? Math.max(most, run.stepsDone) : most),
    0,
  );
  for (const run of runs) {
    if (run.state !== 'complete' && run.state !== 'pruned') continue;
    done += Math.min(run.stepsDone, length);
    whole += length;
  }
  return whole === 0 ? 0 : 1 - done / whole;
}

/** From what seeds that ended took, over the slots; null before one has. */
export function secondsLeftOf(history: StudyHistory, slots: number): number | null {
  const { trials, definition, planned } = history;
  const took = trials.flatMap(({ seeds }) =>
    [...seeds.values()].flatMap((run) =>
      run.state === 'running' ? [] : [run.attempts.reduce((sum, one) => sum + (one.seconds ?? 0), 0)],
    ),
  );
  if (took.length === 0) return null;
  const open = trials.filter(({ state }) => state === 'queued' || state === 'running');
  const begun = open.reduce(
    (sum, { seeds }) =>
      sum + definition.seeds.length - [...seeds.values()].filter(({ state }) => state !== 'running').length,
    0,
  );
  const left = begun + Math.max(0, planned - trials.length) * definition.seeds.length;
  return (left * mean(took)) / Math.max(1, slots);
}
