/** @file Answers compute requests in the thread it lives in: the same code in a worker and in tests without one. */
import type { MethodDefinition } from '../contract/define';
import { BackgroundWorker } from './background-job';
import { listDevices } from '../compute/devices';
import { findMethod } from './find-method';
import { openForeignFiles } from './foreign-kinds';
import type { ComputeRequest, RunThreads, RunUpdate } from './messages';
import { QueryRunner } from './query-job';
import { executeRun } from './run-job';

export interface Executor {
  execute(request: ComputeRequest, send: (update: RunUpdate) => void): Promise<unknown>;
}

/** `workerUrl` is where further threads start; null keeps all work in this one. */
export function createExecutor(
  methods: readonly MethodDefinition[],
  gpuLock: SharedArrayBuffer,
  workerUrl: URL | null,
): Executor {
  // One per thread, started when a method is first given a model.
  const threads: RunThreads = { gpuLock, workerUrl, foreign: openForeignFiles(workerUrl) };
  const queries = new QueryRunner(threads);
  const background = new BackgroundWorker(threads);
  const methodOf = ({ job }: { job: { method: string } }) => findMethod(methods, job.method);
  return {
    async execute(request, send) {
      switch (request.kind) {
        case 'run':
          return executeRun(methodOf(request), request.job, request.cancel, threads, send);
        case 'background': {
          const { job, name, args, cancel } = request;
          return background.execute(methodOf(request), job, name, args, cancel);
        }
        case 'query':
          return queries.query(methodOf(request), request.job, request.name, request.args);
        case 'onnx':
          return queries.onnx(methodOf(request), request.job, request.part);
        case 'release':
          await queries.release(request.id);
          return null;
        case 'devices':
          return listDevices(gpuLock);
        case 'close':
          await queries.close();
          await background.close();
          await threads.foreign.close();
          return null;
      }
    },
  };
}
