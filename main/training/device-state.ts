/** @file Where a training's state lies between runs: arrays on the host, or buffers that stay on the GPU. */
import { toOnnx, trace, type TrainingProgram } from '../../native-models';
import type { TrainingArray, TrainingState } from './training';
import type { Compute, Device, DeviceTensor, HostTensor, KeepingResult, Session } from '../contract/compute';

/** Runs after which the state is copied to the host unasked, so that there is never much to repeat. */
const COPY_EVERY = 500;

export class DeviceState {
  readonly #program: TrainingProgram;
  readonly #compute: Compute;
  readonly #place: { device: Device; label: string };
  /** The last state that is known on the host. */
  #host: TrainingState;
  /** What came after it, on the GPU; null where the host has the newest. */
  #kept: Record<string, DeviceTensor> | null = null;
  /** The runs between the two. */
  #since: { step: number; chunk: number }[] = [];
  #download: Session | null = null;

  constructor(
    program: TrainingProgram,
    start: TrainingState,
    compute: Compute,
    place: { device: Device; label: string },
  ) {
    this.#program = program;
    this.#compute = compute;
    this.#place = place;
    this.#host = start;
  }

  /** The newest state, to be fed to a run. */
  feeds(): Record<string, HostTensor | DeviceTensor> {
    if (this.#kept) return { ...this.#kept };
    return Object.fromEntries(
      Object.entries(this.#program.state).map(([name, { dtype }]) => {
        const { data, shape } = this.#host[name]!;
        return [name, { type: dtype, data, dims: shape }];
      }),
    );
  }

  /** Takes over the state that a run of the steps `step … step+chunk-1` ended with, and releases the one before. */
  async follow(result: KeepingResult, step: number, chunk: number): Promise<void> {
    const old = this.#kept;
    const names = Object.keys(this.#program.state);
    if (names.every((name) => result.kept[`next.${name}`])) {
      this.#kept = Object.fromEntries(names.map((name) => [name, result.kept[`next.${name}`]!]));
      this.#since.push({ step, chunk });
    } else {
      this.#host = Object.fromEntries(
        names.map((name) => {
          const { data, dims } = result.host[`next.${name}`]!;
          return [name, { data: data as TrainingArray, shape: [...dims] }];
        }),
      );
      this.#kept = null;
      this.#since = [];
    }
    await release(old);
    if (this.#since.length >= COPY_EVERY) await this.toHost();
  }

  /** The newest state on the host. */
  async toHost(): Promise<TrainingState> {
    if (this.#kept) {
      this.#download ??= await this.#openDownload();
      const values = await this.#download.run(this.#kept);
      this.#host = Object.fromEntries(
        Object.keys(this.#program.state).map((name) => {
          const { data, dims } = values[`host.${name}`]!;
          return [name, { data: data as TrainingArray, shape: [...dims] }];
        }),
      );
      this.#since = [];
    }
    return this.#host;
  }

  /** Brings the state to the host for good. */
  async leaveDevice(): Promise<void> {
    await this.toHost();
    await release(this.#kept);
    this.#kept = null;
  }

  /** Gives up what is on the GPU: back to the last state on the host. Returns the runs since then, to be repeated. */
  async goBack(): Promise<{ step: number; chunk: number }[]> {
    const lost = this.#since;
    await release(this.#kept);
    this.#kept = null;
    this.#since = [];
    return lost;
  }

  async close(): Promise<void> {
    await release(this.#kept);
    this.#kept = null;
    await this.#download?.close();
    this.#download = null;
  }

  /** Identity on the GPU with outputs on the host: the only safe way to read a GPU buffer. */
  #openDownload(): Promise<Session> {
    const graph = trace('download', this.#program.state, (tensors) =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`host.${name}`, tensor])),
    );
    return this.#compute.open(toOnnx(graph, { target: 'webgpu' }), {
      device: this.#place.device,
      label: `${this.#place.label}: state`,
    });
  }
}

async function release(tensors: Record<string, DeviceTensor> | null): Promise<void> {
  for (const tensor of Object.values(tensors ?? {})) await tensor.release();
}
