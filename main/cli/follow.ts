/** @file Follows one run to its end: progress, signals, result line, exit code. */
import { join } from 'node:path';
import { formatError } from '../../native-models/error';
import type { Engine } from '../engine';
import type { RunRecord } from '../contract/engine';
import { exitCodeOfRun, resultLine } from './exit-codes';
import type { StopReason } from './exit-codes';
import type { CliHost } from './host';
import { duration, ProgressLine } from './progress';
import { numberText, table } from './text';

/**
 * Starts a run and waits until it rests. The first signal asks the run to stop with a checkpoint; later ones only say
 * that it is stopping, because ending the process in the middle of a chunk would abort it and lose the chunk.
 */
export async function follow(
  host: CliHost,
  engine: Engine,
  options: { start: () => Promise<RunRecord>; folder: (id: string) => string; json: boolean },
): Promise<number> {
  const progress = new ProgressLine(host);
  let id: string | null = null;
  let reason: StopReason = null;
  const stop = () => {
    if (id !== null) engine.stopRun(id).catch((thrown: unknown) => host.tell(`${String(thrown)}\n`));
  };
  const release = host.onSignal((signal) => {
    progress.end();
    host.tell(
      reason === null
        ? 'stopping after this chunk of steps; the run keeps a checkpoint …\n'
        : 'still stopping: the chunk under way cannot be interrupted …\n',
    );
    if (reason !== null) return;
    reason = signal;
    stop();
  });
  const unsubscribe = engine.subscribe({
    runChanged: (record) => {
      if (record.id === id) progress.show(record);
    },
  });
  try {
    const started = await options.start();
    id = started.id;
    host.tell(`run ${id} → ${options.folder(id)}\n`);
    if (reason !== null) stop();
    const record = await engine.waitForRun(id);
    progress.show(record);
    progress.end();
    report(host, record, options);
    return exitCodeOfRun(record, reason);
  } finally {
    unsubscribe();
    release();
  }
}

/** How a run ended, for a person on standard error, or as the JSON line on standard output. */
export function report(
  host: CliHost,
  record: RunRecord,
  { folder, json }: { folder: (id: string) => string; json: boolean },
): void {
  if (record.error) host.tell(`${formatError(record.error)}\n`);
  host.tell(`${record.status} after ${duration(record.seconds)}\n`);
  if (record.status === 'stopped' || record.status === 'interrupted')
    host.tell(`go on with: monge resume ${folder(record.id)}\n`);
  if (record.artifacts.length > 0)
    host.tell(`its files, in ${join(folder(record.id), 'artifacts')}: ${record.artifacts.join(', ')}\n`);
  if (json) host.print(resultLine(record, folder(record.id)));
  else if (Object.keys(record.metrics).length > 0)
    host.print(table(Object.entries(record.metrics).map(([name, value]) => [name, numberText(value)])));
}
