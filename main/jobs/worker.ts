/** @file Entry of a worker thread: answers the engine's requests until it is asked to close. Never terminated from outside. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorDetail } from '../../native-models/error';
import { methods } from '../methods';
import { showCompilation } from '../compute/compiler-output';
import { createExecutor } from './executor';
import type { ComputeRequest, RunUpdate, WorkerSetup } from './messages';
import { buffersOf } from '../compute/detach';
import type { FromThread, ToThread } from '../compute/thread';

const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');
const { gpuLock } = workerData as WorkerSetup;
showCompilation();
const executor = createExecutor(methods, gpuLock, new URL(import.meta.url));

port.on('message', ({ call, request }: ToThread<ComputeRequest>) => {
  const answer = (message: FromThread<RunUpdate>, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  executor
    .execute(request, (update) => answer({ call, update }))
    .then(
      (value) => answer({ call, value }, buffersOf(value)),
      (error: unknown) => answer({ call, error: errorDetail(error) }),
    )
    .finally(() => {
      // Closing the port lets the thread end by itself; terminating it during a run would abort the process.
      if (request.kind === 'close') port.close();
    });
});
