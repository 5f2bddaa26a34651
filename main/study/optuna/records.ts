/** @file Trials that were run elsewhere as records of a journal, from which a study goes on. */
import type { JournalRecord } from '../journal/records';
import type { ForeignTrial } from './read';

/** The records of trials from number `first` on; `seed` is the one they count as. */
export function recordsOf(
  trials: readonly ForeignTrial[],
  { first, seed, at }: { first: number; seed: number; at: string },
): JournalRecord[] {
  return trials.flatMap(({ point, state, values, steps, reports, reason, seconds }, index) => {
    const trial = first + index;
    return [
      { op: 'asked', trial, point, origin: 'imported' },
      { op: 'attempt', trial, seed, attempt: 1, launcher: 'local', handle: null, run: '', at },
      ...steps.map((step, i): JournalRecord => ({ op: 'report', trial, seed, step, value: reports[i]! })),
      {
        ...{ op: 'attempt-ended', trial, seed, state, values: state === 'complete' ? values : [], reason },
        ...{ error: null, host: null, seconds, steps: steps.at(-1) ?? 0, at },
      },
      { op: 'ended', trial, state, values, reason, at },
    ] satisfies JournalRecord[];
  });
}
