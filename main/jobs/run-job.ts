/** @file Runs a method from start or checkpoint to its end, in whatever thread it is called. */
import { join } from 'node:path';
import { modelCacheFolder } from '../disk/paths';
import type { MethodDefinition } from '../contract/define';
import { recoverCheckpoint } from '../disk/checkpoint';
import { dropKeptExcept } from '../disk/kept';
import { truncateMetrics } from '../disk/metrics';
import { dropSnapshotsAfter } from '../disk/snapshots';
import { openBackground } from './background';
import { closeInputs, openInputs } from './inputs';
import { openCompute } from '../compute/session';
import type { RunJob, RunThreads, RunUpdate } from './messages';
import { openReporter, type RunReporter } from './run-context';
import type { Compute } from '../contract/compute';

/**
 * Executes the whole run: opens its data (whose hash must be the recorded one), goes on from the checkpoint if there is
 * one, and leaves everything in the run's folder. Resolves with how the method ended; rejects when it failed.
 * @throws `data-changed`, `checkpoint-corrupt`, and whatever the method throws.
 */
export async function executeRun(
  method: MethodDefinition,
  job: RunJob,
  cancel: SharedArrayBuffer,
  { gpuLock, workerUrl, foreign }: RunThreads,
  send: (update: RunUpdate) => void,
): Promise<'done' | 'stopped'> {
  const inputs = await openInputs(method, job, foreign);
  // Only now that the run can go on: before, nothing of what an earlier session left is touched.
  const reporter = await goOn(job, cancel, () => compute, send).catch(async (error: unknown) => {
    await closeInputs(inputs);
    throw error;
  });
  const compute = openCompute({
    threads: job.threads,
    gpuLock,
    workerUrl,
    cache: { folder: modelCacheFolder() },
    onNotice: reporter.notice,
    onDevice: reporter.used,
  });
  const background = openBackground(method, job, cancel, { gpuLock, workerUrl }, { compute, inputs });
  try {
    const context = Object.assign(reporter.context, { background: background.start });
    return await method.run(context, inputs, job.config);
  } catch (error) {
    reporter.context.log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
    throw error;
  } finally {
    await background.close();
    // Each is tried, whatever happens to the others.
    const ends = await Promise.allSettled([compute.close(), closeInputs(inputs), reporter.close()]);
    const failed = ends.find((end) => end.status === 'rejected');
    // eslint-disable-next-line no-unsafe-finally -- curves that could not be written must fail the run
    if (failed) throw failed.reason;
  }
}

/** Brings the folder back to its checkpoint and opens its logs there. */
async function goOn(
  job: RunJob,
  cancel: SharedArrayBuffer,
  compute: () => Compute,
  send: (update: RunUpdate) => void,
): Promise<RunReporter> {
  const checkpoint = await recoverCheckpoint(job.folder);
  const lost = await truncateMetrics(join(job.folder, 'metrics.ndjson'), checkpoint?.metricsBytes ?? 0);
  await dropSnapshotsAfter(job.folder, checkpoint?.step ?? -1);
  await dropKeptExcept(job.folder, checkpoint?.kept ?? []);
  const reporter = await openReporter(job, checkpoint, cancel, compute, send);
  if (lost !== null) reporter.notice(lost);
  return reporter;
}
