/** @file Opens ONNX models with onnxruntime-node: fixed, reproducible options, and a visible fall back to the CPU. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { MongeError } from '../../native-models/error';
import { channelBlock } from './channel-block';
import { createGpuLock, withGpuLock } from './gpu-lock';
import { Lanes } from './lanes';
import type { CacheOptions } from './model-cache';
import { openNative, type NativeModel, type NativeRequest } from './native-model';
import { forbidTelemetry } from './no-telemetry';
import type { Profile } from './profile';
import { checkFeeds, fetchesOf, fromRuntime, isOnDevice, keepOnDevice, toRuntime } from './tensors';
import type {
  Compute,
  DeviceTensor,
  Feeds,
  KeepingResult,
  Session,
  SessionOptions,
  UsedDevice,
  WantedOutputs,
} from '../contract/compute';

export interface ComputeOptions {
  /** Intra-op threads of every session that does not ask for its own number. */
  threads: number;
  /** Shared by all threads that may use the GPU; default: one of this call's own. */
  gpuLock?: SharedArrayBuffer;
  /** The built entry of a worker thread, beside which that of a lane lies; without it lanes are this very place. */
  workerUrl?: URL | null;
  /** Where optimised forms of large graphs are kept; without it they are not. */
  cache?: CacheOptions;
  /** Given what each session did when it is closed; with it sessions are profiled, which slows them down. */
  onProfile?: (profile: Profile) => void;
  /** Called once per new notice, and with the device of every session opened. */
  onNotice?: (message: string) => void;
  onDevice?: (device: UsedDevice) => void;
}

/** Sessions for one job. 'auto' means the CPU in this version: results are then the same everywhere, bit for bit. */
export function openCompute(options: ComputeOptions): Compute & { close(): Promise<void> } {
  forbidTelemetry();
  const notices: string[] = [];
  const opened = new Set<Session>();
  const gpuLock = options.gpuLock ?? createGpuLock();
  const note = (message: string) => {
    if (notices.includes(message)) return;
    notices.push(message);
    options.onNotice?.(message);
  };

  const lanes = options.workerUrl
    ? new Lanes(new URL('./lane.js', options.workerUrl), options.threads)
    : null;
  const compute: Compute & { close(): Promise<void> } = {
    notices,
    threads: options.threads,
    channelBlock,
    lanes: async (count) => lanes?.open(count) ?? [compute],
    async open(model, asked = {}) {
      const runtime = await openSession(model, asked, options.threads, gpuLock, note, options);
      options.onDevice?.(runtime.device);
      const watched = async <T>(run: () => Promise<T>): Promise<T> => {
        const before = runtime.device;
        try {
          return await run();
        } finally {
          if (runtime.device !== before) options.onDevice?.(runtime.device);
        }
      };
      const session: Session = {
        get device() {
          return runtime.device;
        },
        inputNames: runtime.inputNames,
        outputNames: runtime.outputNames,
        run: (feeds, wanted) => watched(() => runtime.run(feeds, wanted)),
        runKeeping: (feeds) => watched(() => runtime.runKeeping(feeds)),
        async close() {
          if (!opened.delete(session)) return;
          await runtime.close();
        },
      };
      opened.add(session);
      return session;
    },
    /** Closes what the job left open. */
    async close() {
      for (const session of [...opened]) await session.close();
      await lanes?.close();
    },
  };
  return compute;
}

async function openSession(
  model: Uint8Array,
  asked: SessionOptions,
  defaultThreads: number,
  gpuLock: SharedArrayBuffer,
  note: (message: string) => void,
  { cache, onProfile }: Pick<ComputeOptions, 'cache' | 'onProfile'>,
): Promise<Session> {
  const label = asked.label ?? 'model';
  const threads = asked.threads ?? defaultThreads;
  const strict = asked.strict === true;
  const keep = asked.keep ?? [];
  // The runtime refuses shared memory, for models as for tensors.
  const bytes = model.buffer instanceof SharedArrayBuffer ? model.slice() : model;
  let device: UsedDevice = asked.device === 'webgpu' ? 'webgpu' : 'cpu';
  let native: NativeModel;
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();
  const { folder, graphLevel } = asked;
  // A cached form would hold the external weights, of which its key knows nothing.
  const cached = cache && folder === undefined ? { cache } : {};
  const request = { threads, label, strict, keep, folder, graphLevel, onProfile, ...cached };
  /** What this session keeps on the GPU; letting go of it after its session aborts the process. */
  const alive = new Set<DeviceTensor>();

  if (device === 'webgpu') {
    try {
      native = await withGpuLock(gpuLock, () => openNative(bytes, { ...request, device: 'webgpu' }));
    } catch (error) {
      if (strict)
        throw failed('session-create-failed', 'the model could not be opened on WebGPU', label, error);
      note(`WebGPU could not be started (${reason(error)}); running on the CPU`);
      device = 'cpu';
      native = await openOnCpu(bytes, request);
    }
  } else native = await openOnCpu(bytes, request);

  async function leaveGpu(): Promise<void> {
    for (const tensor of [...alive]) await tensor.release();
    await withGpuLock(gpuLock, () => native.release());
  }

  async function runOnce(feeds: Feeds, wanted: WantedOutputs | undefined): Promise<KeepingResult> {
    if (closed)
      throw new MongeError({
        code: 'session-closed',
        blame: 'machine',
        what: 'this session was closed before',
        where: { op: label },
      });
    checkFeeds(Object.keys(feeds), native.session.inputNames, label);
    const inputs: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toRuntime(name, tensor, label);
    const fetches = fetchesOf(wanted, native.session.outputNames, label);
    let outputs: InferenceSession.OnnxValueMapType;
    try {
      const run = () => (fetches === null ? native.session.run(inputs) : native.session.run(inputs, fetches));
      outputs = device === 'webgpu' ? await withGpuLock(gpuLock, run) : await run();
    } catch (error) {
      if (device !== 'webgpu' || strict)
        throw failed('session-run-failed', 'the model could not be run', label, error);
      note(`WebGPU failed while running (${reason(error)}); going on on the CPU`);
      await leaveGpu().catch(() => undefined);
      native = await openOnCpu(bytes, request);
      device = 'cpu';
      if (Object.values(feeds).some(isOnDevice))
        throw failed('device-lost', 'the GPU failed, and with it the values that were on it', label, error);
      return runOnce(feeds, wanted);
    }
    const result: KeepingResult = { host: {}, kept: {} };
    for (const [name, tensor] of Object.entries(outputs))
      if (tensor.location === 'gpu-buffer') {
        const kept = keepOnDevice(name, tensor, label, gpuLock, (released) => alive.delete(released));
        alive.add(kept);
        result.kept[name] = kept;
      } else result.host[name] = fromRuntime(name, tensor, label);
    return result;
  }

  /** One at a time: a second call waits for the first, whether that failed or not. */
  function inTurn(feeds: Feeds, wanted?: WantedOutputs): Promise<KeepingResult> {
    const result = turn.then(() => runOnce(feeds, wanted));
    turn = result.catch(() => undefined);
    return result;
  }

  return {
    get device() {
      return device;
    },
    inputNames: native.session.inputNames,
    outputNames: native.session.outputNames,
    async run(feeds, wanted) {
      if (keep.length > 0)
        throw new MongeError({
          code: 'outputs-kept',
          what: 'outputs of this session stay on the GPU',
          where: { op: label },
          got: keep.join(', '),
          help: 'call runKeeping, or open the model without keep',
        });
      return (await inTurn(feeds, wanted)).host;
    },
    runKeeping: (feeds) => inTurn(feeds),
    async close() {
      await turn;
      if (closed) return;
      closed = true;
      if (device === 'webgpu') await leaveGpu();
      else await native.release();
    },
  };
}

async function openOnCpu(model: Uint8Array, request: Omit<NativeRequest, 'device'>): Promise<NativeModel> {
  try {
    return await openNative(model, { ...request, device: 'cpu', strict: false, keep: [] });
  } catch (error) {
    throw failed('session-create-failed', 'the model could not be opened', request.label, error);
  }
}

function failed(code: string, what: string, label: string, cause: unknown): MongeError {
  if (cause instanceof MongeError) return cause;
  return new MongeError({ code, what, where: { op: label }, got: reason(cause) }, { cause });
}

/** The runtime's message without the source paths it was built from, on one line. */
function reason(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  const told = /was false\. (.+)$/.exec(text)?.[1] ?? text.replace(/\/\S*\/(?=[^/\s]+)/g, '');
  return told.length > 400 ? `${told.slice(0, 400)}…` : told;
}
