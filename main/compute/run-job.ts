/** @file Runs a method from start or checkpoint to its end, in whatever thread it is called. */
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { openDataset } from '../data';
import type { Dataset } from '../data/types';
import { modelCacheFolder } from '../host/paths';
import type { Inputs, MethodDefinition } from '../methods/define';
import type { DataReference } from '../rpc/contract';
import { recoverCheckpoint } from '../runs/checkpoint';
import { truncateMetrics } from '../runs/metrics';
import { dropSnapshotsAfter } from '../runs/snapshots';
import { openCompute } from './session';
import type { RunJob, RunUpdate } from './messages';
import { openReporter, type RunReporter } from './run-context';
import type { Compute } from './types';

/**
 * Executes the whole run: opens its data (whose hash must be the recorded one), goes on from the checkpoint if there is
 * one, and leaves everything in the run's folder. Resolves with how the method ended; rejects when it failed.
 * @throws `data-changed`, `checkpoint-corrupt`, and whatever the method throws.
 */
export async function executeRun(
  method: MethodDefinition,
  job: RunJob,
  cancel: SharedArrayBuffer,
  gpuLock: SharedArrayBuffer,
  send: (update: RunUpdate) => void,
): Promise<'done' | 'stopped'> {
  const inputs = await openInputs(job.data);
  // Only now that the run can go on: before, nothing of what an earlier session left is touched.
  const reporter = await goOn(job, cancel, () => compute, send).catch(async (error: unknown) => {
    await closeInputs(inputs);
    throw error;
  });
  const compute = openCompute({
    threads: job.threads,
    gpuLock,
    cache: { folder: modelCacheFolder() },
    onNotice: reporter.notice,
    onDevice: reporter.used,
  });
  try {
    return await method.run(reporter.context, inputs, job.config);
  } catch (error) {
    reporter.context.log('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
    throw error;
  } finally {
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
  const reporter = await openReporter(job, checkpoint, cancel, compute, send);
  if (lost !== null) reporter.notice(lost);
  return reporter;
}

/** Opens the run's data sets by input name. @throws `data-changed` where a file is not what the run was started with. */
export async function openInputs(references: readonly DataReference[]): Promise<Inputs> {
  const inputs: Record<string, Dataset> = {};
  try {
    for (const reference of references) {
      const dataset = await openDataset(reference.path, { roles: reference.roles });
      inputs[reference.input] = dataset;
      if (dataset.info.sha256 === reference.sha256) continue;
      throw new MongeError({
        code: 'data-changed',
        what: 'the data is no longer what this run was started with',
        where: { file: reference.path, key: reference.input },
        got: `SHA-256 ${dataset.info.sha256.slice(0, 16)}…`,
        expected: `${reference.sha256.slice(0, 16)}…`,
        help: 'put the old file back, or start a new run on the new one',
      });
    }
    return inputs;
  } catch (error) {
    await closeInputs(inputs);
    throw error;
  }
}

export async function closeInputs(inputs: Inputs): Promise<void> {
  for (const dataset of Object.values(inputs)) await dataset?.close();
}
