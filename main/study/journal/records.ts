/**
 * @file The lines of a journal. All that is known of a study follows from them in their order; none is ever changed. Numbers
 * that JSON lacks are words, as in the curves of runs.
 */
import { MongeError, type ErrorDetail } from '../../../native-models/error';
import type { Json } from '../../contract/schema';
import type {
  LauncherKind,
  Point,
  Space,
  StudyDefinition,
  TrialInfo,
  TrialState,
} from '../../contract/study';
import { decodeNumber, encodeNumber } from '../../disk/metrics';

export type JournalRecord =
  /** The first line. */
  | { op: 'study'; format: 1; id: string; created: string; definition: StudyDefinition }
  /** A point was handed out; what the sampler knew then are the lines before. */
  | { op: 'asked'; trial: number; point: Point; origin: TrialInfo['origin'] }
  /** A seed of a trial went to a launcher. */
  | {
      op: 'attempt';
      trial: number;
      seed: number;
      attempt: number;
      launcher: LauncherKind;
      handle: string | null;
      run: string;
      at: string;
    }
  /** A value on the way, as the method reports it, of the curve that pruners look at. */
  | { op: 'report'; trial: number; seed: number; step: number; value: number }
  /** How a seed ended; `values` by objective where it ended well. */
  | {
      op: 'attempt-ended';
      trial: number;
      seed: number;
      state: TrialState;
      values: (number | null)[];
      reason: string | null;
      error: ErrorDetail | null;
      host: string | null;
      seconds: number;
      steps: number;
      at: string;
    }
  /** How a trial ended; `values` are means over its seeds. */
  | {
      op: 'ended';
      trial: number;
      state: TrialState;
      values: (number | null)[];
      reason: string | null;
      at: string;
    }
  /** A person wants this point tried next. */
  | { op: 'enqueued'; point: Point; at: string }
  /** A trial that failed, was lost or cancelled is to be run again. */
  | { op: 'retried'; trial: number; at: string }
  /** From here on points come from this space. */
  | { op: 'space'; space: Space; at: string }
  /** From here on so many trials are planned. */
  | { op: 'planned'; trials: number; at: string }
  /** A process began or ended to work on the study. */
  | { op: 'session'; what: 'started' | 'stopped'; at: string };

/** One line, with its line feed. */
export function encodeRecord(record: JournalRecord): string {
  const value = record.op === 'report' ? { ...record, value: encodeNumber(record.value) } : record;
  return `${JSON.stringify(value)}\n`;
}

const ops: readonly JournalRecord['op'][] = [
  'study',
  'asked',
  'attempt',
  'report',
  'attempt-ended',
  'ended',
  'enqueued',
  'retried',
  'space',
  'planned',
  'session',
];

/** @throws `journal-corrupt` with file and row for a line that is none */
export function decodeRecord(line: string, file: string, row: number): JournalRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw corrupt(file, row, line);
  }
  if (typeof value !== 'object' || value === null || !('op' in value)) throw corrupt(file, row, line);
  const record = value as Record<string, Json> & { op: string };
  if (!(ops as readonly string[]).includes(record.op)) throw corrupt(file, row, line);
  if (record.op === 'report') {
    const number = decodeNumber(record.value);
    if (number === undefined) throw corrupt(file, row, line);
    return { ...record, value: number } as unknown as JournalRecord;
  }
  return record as unknown as JournalRecord;
}

function corrupt(file: string, row: number, line: string): MongeError {
  return new MongeError({
    code: 'journal-corrupt',
    what: 'a line of the journal is not one',
    where: { file, row },
    got: line.length > 80 ? `${line.slice(0, 80)}…` : line,
    expected: 'one JSON object with its op',
    help: 'nothing was changed; take the line out, or bring the file back from a copy',
  });
}
