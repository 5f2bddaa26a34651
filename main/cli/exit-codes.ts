/** @file What the exit code says, so that a scheduler can act on it without reading a word. */
import { blamesInput } from '../../native-models/error';
import type { ClaimRecord, ErrorDetail, RunRecord } from '../contract/engine';

export const exitCodes = {
  done: 0,
  failed: 1,
  badInput: 2,
  pruned: 10,
  diverged: 11,
  cancelled: 12,
  preempted: 75,
  interrupted: 130,
} as const;

/** Why this process stopped a run, if it did. */
export type StopReason = 'SIGINT' | 'SIGTERM' | null;

/** Of an error thrown before or beside a run. */
export function exitCodeOfError(detail: ErrorDetail): number {
  return blamesInput(detail, 'before a run') ? exitCodes.badInput : exitCodes.failed;
}

/** Of a run that has come to rest. */
export function exitCodeOfRun(record: RunRecord, reason: StopReason): number {
  switch (record.status) {
    case 'done':
      return exitCodes.done;
    case 'diverged':
      return exitCodes.diverged;
    case 'stopped':
    case 'interrupted':
      if (reason === 'SIGINT') return exitCodes.interrupted;
      return reason === 'SIGTERM' ? exitCodes.preempted : exitCodes.cancelled;
    default:
      return record.error && blamesInput(record.error, 'in a run') ? exitCodes.badInput : exitCodes.failed;
  }
}

/** Of a batch of claims: a gate that fails and a training that fails are failures; data that was not given is none. */
export function exitCodeOfClaims(
  records: readonly ClaimRecord[],
  stopped: boolean,
  reason: StopReason,
): number {
  if (stopped)
    return reason === 'SIGTERM' ? exitCodes.preempted : reason ? exitCodes.interrupted : exitCodes.cancelled;
  const bad = records.some(({ verdict, error }) => verdict === 'fails' || error !== null);
  return bad ? exitCodes.failed : exitCodes.done;
}

/** The one JSON object that ends the output of `run --json` and `resume --json`, with the error of a run that failed. */
export function resultLine(record: RunRecord, folder: string): string {
  const status =
    record.status === 'done'
      ? 'done'
      : ['stopped', 'interrupted'].includes(record.status)
        ? 'stopped'
        : 'failed';
  const { id, metrics, error } = record;
  return JSON.stringify({ run: id, dir: folder, status, metrics, ...(error && { error }) });
}
