/** @file What the exit code says, so that a scheduler can act on it without reading a word. */
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

// Failures of the program or the machine, not of what a person gave it.
const notTheirs = new Set([
  'internal',
  'compute-thread-died',
  'run-folder-write-failed',
  'engine-closed',
  'session-closed',
]);

// Found only once the method has looked at the data, but still for the person to mend.
const inputCodes = new Set([
  'checkpoint-corrupt',
  'config-invalid',
  'data-changed',
  'data-not-finite',
  'input-missing',
  'input-unsuitable',
  'model-file-changed',
  'model-file-missing',
  'model-input',
  'model-output',
  'no-features',
  'no-rows',
  'one-class',
  'predictions-missing',
  'residuals-flat',
  'source-columns-differ',
  'splits-invalid',
  'targets-missing',
  'too-few-rows',
]);

/** Of an error thrown before or beside a run. */
export function exitCodeOfError(detail: ErrorDetail): number {
  return notTheirs.has(detail.code) ? exitCodes.failed : exitCodes.badInput;
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
      // A file found bad while the method was reading it is still bad input.
      if (record.error?.where?.file === undefined && !inputCodes.has(record.error?.code ?? ''))
        return exitCodes.failed;
      return record.error ? exitCodeOfError(record.error) : exitCodes.failed;
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

/** The one JSON object that ends the output of `run --json` and `resume --json`. */
export function resultLine(record: RunRecord, folder: string): string {
  const status =
    record.status === 'done'
      ? 'done'
      : ['stopped', 'interrupted'].includes(record.status)
        ? 'stopped'
        : 'failed';
  return JSON.stringify({ run: record.id, dir: folder, status, metrics: record.metrics });
}
