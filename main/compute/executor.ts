/** @file Answers compute requests in the thread it lives in: the same code in a worker and in tests without one. */
import type { MethodDefinition } from '../methods/define';
import { listDevices } from './devices';
import { findMethod } from './find-method';
import type { ComputeRequest, RunUpdate } from './messages';
import { ModelShelf } from '../models/shelf';
import { profileModel } from './profile-job';
import { QueryRunner } from './query-job';
import { executeRun } from './run-job';

export interface Executor {
  execute(request: ComputeRequest, send: (update: RunUpdate) => void): Promise<unknown>;
}

export function createExecutor(methods: readonly MethodDefinition[], gpuLock: SharedArrayBuffer): Executor {
  const queries = new QueryRunner(gpuLock);
  const models = new ModelShelf();
  return {
    async execute(request, send) {
      switch (request.kind) {
        case 'run':
          return executeRun(
            findMethod(methods, request.job.method),
            request.job,
            request.cancel,
            gpuLock,
            send,
          );
        case 'query':
          return queries.query(
            findMethod(methods, request.job.method),
            request.job,
            request.name,
            request.args,
          );
        case 'onnx':
          return queries.onnx(findMethod(methods, request.job.method), request.job, request.part);
        case 'release':
          await queries.release(request.id);
          return null;
        case 'model':
          return models.answer(request.path, request.id, request.ask, request.profile);
        case 'profile':
          return profileModel(request.job, request.cancel);
        case 'devices':
          return listDevices(gpuLock);
        case 'close':
          await queries.close();
          return null;
      }
    },
  };
}
