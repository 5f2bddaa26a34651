/** @file Entry of a lane's thread: opens models and runs them, one thread each, until it is asked to close. */
import { parentPort } from 'node:worker_threads';
import { errorDetail, MongeError } from '../../native-models/error';
import type { LaneOpened, LaneRequest } from './lanes';
import { buffersOf, detach } from './detach';
import { openCompute } from './session';
import type { FromThread, ToThread } from './thread';
import type { Session } from '../contract/compute';

const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');
const compute = openCompute({ threads: 1 });
const sessions = new Map<number, Session>();

async function answer(request: LaneRequest): Promise<unknown> {
  switch (request.kind) {
    case 'open': {
      const session = await compute.open(request.model, request.options);
      sessions.set(request.session, session);
      const { inputNames, outputNames } = session;
      return { inputNames: [...inputNames], outputNames: [...outputNames] } satisfies LaneOpened;
    }
    case 'run':
      // The runtime's own memory cannot be moved to another thread.
      return detach(
        await open(request.session).run(request.feeds, request.outputs && { outputs: request.outputs }),
      );
    case 'close-session':
      await sessions.get(request.session)?.close();
      sessions.delete(request.session);
      return null;
    case 'close':
      await compute.close();
      return null;
  }
}

function open(session: number): Session {
  const found = sessions.get(session);
  if (found) return found;
  throw new MongeError({
    code: 'session-closed',
    blame: 'machine',
    what: 'a lane was asked to run a model that is not open there',
    got: String(session),
  });
}

port.on('message', ({ call, request }: ToThread<LaneRequest>) => {
  const send = (message: FromThread<never>, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  answer(request)
    .then(
      (value) => send({ call, value }, buffersOf(value)),
      (error: unknown) => send({ call, error: errorDetail(error) }),
    )
    .finally(() => {
      if (request.kind === 'close') port.close();
    });
});
