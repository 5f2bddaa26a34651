/** @file Places to compute in at the same time: sessions in threads of their own, asked through messages. */
import { MongeError } from '../../native-models/error';
import { openThread, type Thread } from './thread';
import type { Compute, HostTensor, Session, SessionOptions } from '../contract/compute';

/** What a lane is asked for. Its sessions are named by numbers that the asker chooses. */
export type LaneRequest =
  | { kind: 'open'; session: number; model: Uint8Array; options: SessionOptions }
  | { kind: 'run'; session: number; feeds: Record<string, HostTensor>; outputs?: readonly string[] }
  | { kind: 'close-session'; session: number }
  | { kind: 'close' };

export interface LaneOpened {
  inputNames: string[];
  outputNames: string[];
}

/** The lanes of one job: opened when first asked for, at most `most` of them. */
export class Lanes {
  readonly #url: URL;
  readonly #most: number;
  readonly #lanes: { compute: Compute; thread: Thread<LaneRequest, never> }[] = [];

  constructor(url: URL, most: number) {
    this.#url = url;
    this.#most = most;
  }

  open(count: number): readonly Compute[] {
    const wanted = Math.max(1, Math.min(count, this.#most));
    while (this.#lanes.length < wanted) {
      const thread = openThread<LaneRequest>(this.#url, null);
      this.#lanes.push({ compute: laneCompute(thread), thread });
    }
    return this.#lanes.slice(0, wanted).map(({ compute }) => compute);
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.splice(0).map(({ thread }) => thread.close({ kind: 'close' })));
  }
}

function laneCompute(thread: Thread<LaneRequest, never>): Compute {
  let last = 0;
  return {
    notices: [],
    threads: 1,
    async open(model, { label, device = 'cpu', folder, graphLevel } = {}): Promise<Session> {
      if (device === 'webgpu')
        throw new MongeError({
          code: 'lane-device',
          what: 'lanes compute on the processor only',
          where: { op: label },
          got: device,
          expected: 'cpu or auto',
        });
      const session = ++last;
      const options: SessionOptions = { label, device: 'cpu', folder, graphLevel, threads: 1 };
      const opened = (await thread.ask({ kind: 'open', session, model, options })) as LaneOpened;
      const run: Session['run'] = async (feeds, { outputs, into } = {}) => {
        if (into !== undefined)
          throw new MongeError({
            code: 'outputs-into',
            what: 'a lane cannot write to tensors of another thread',
            where: { op: label },
            got: Object.keys(into).join(', '),
          });
        const sent = feeds as Record<string, HostTensor>;
        return (await thread.ask({ kind: 'run', session, feeds: sent, outputs })) as Record<
          string,
          HostTensor
        >;
      };
      return {
        device: 'cpu',
        ...opened,
        run,
        runKeeping: async (feeds) => ({ host: await run(feeds), kept: {} }),
        async close() {
          await thread.ask({ kind: 'close-session', session });
        },
      };
    },
  };
}
