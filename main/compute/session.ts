/** @file Opens ONNX models with onnxruntime-node: fixed, reproducible options, and a visible fall back to the CPU. */
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { MongeError } from '../../native-models/error';
import { createGpuLock, withGpuLock } from './gpu-lock';
import { forbidTelemetry } from './no-telemetry';
import { checkFeeds, fromRuntime, toRuntime } from './tensors';
import type { Compute, HostTensor, Session, SessionOptions, UsedDevice } from './types';

export interface ComputeOptions {
  /** Intra-op threads of every session that does not ask for its own number. */
  threads: number;
  /** Shared by all threads that may use the GPU; default: one of this call's own. */
  gpuLock?: SharedArrayBuffer;
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

  return {
    notices,
    async open(model, asked = {}) {
      const runtime = await openSession(model, asked, options.threads, gpuLock, note);
      options.onDevice?.(runtime.device);
      const session: Session = {
        get device() {
          return runtime.device;
        },
        inputNames: runtime.inputNames,
        outputNames: runtime.outputNames,
        async run(feeds) {
          const before = runtime.device;
          const outputs = await runtime.run(feeds);
          if (runtime.device !== before) options.onDevice?.(runtime.device);
          return outputs;
        },
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
    },
  };
}

async function openSession(
  model: Uint8Array,
  asked: SessionOptions,
  defaultThreads: number,
  gpuLock: SharedArrayBuffer,
  note: (message: string) => void,
): Promise<Session> {
  const label = asked.label ?? 'model';
  const threads = asked.threads ?? defaultThreads;
  const strict = asked.strict === true;
  const { folder } = asked;
  // The runtime refuses shared memory, for models as for tensors.
  const bytes = model.buffer instanceof SharedArrayBuffer ? model.slice() : model;
  let device: UsedDevice = asked.device === 'webgpu' ? 'webgpu' : 'cpu';
  let native: InferenceSession;
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();

  if (device === 'webgpu') {
    try {
      native = await withGpuLock(gpuLock, () => create(bytes, 'webgpu', threads, strict, folder));
    } catch (error) {
      if (strict)
        throw failed('session-create-failed', 'the model could not be opened on WebGPU', label, error);
      note(`WebGPU could not be started (${reason(error)}); running on the CPU`);
      device = 'cpu';
      native = await createOnCpu(bytes, threads, label, folder);
    }
  } else native = await createOnCpu(bytes, threads, label, folder);

  async function runOnce(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    if (closed)
      throw new MongeError({
        code: 'session-closed',
        what: 'this session was closed before',
        where: { op: label },
      });
    checkFeeds(Object.keys(feeds), native.inputNames, label);
    const inputs: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toRuntime(name, tensor, label);
    let outputs: InferenceSession.OnnxValueMapType;
    try {
      const run = () => native.run(inputs);
      outputs = device === 'webgpu' ? await withGpuLock(gpuLock, run) : await run();
    } catch (error) {
      if (device !== 'webgpu' || strict)
        throw failed('session-run-failed', 'the model could not be run', label, error);
      note(`WebGPU failed while running (${reason(error)}); going on on the CPU`);
      await withGpuLock(gpuLock, () => native.release()).catch(() => undefined);
      native = await createOnCpu(bytes, threads, label, folder);
      device = 'cpu';
      return runOnce(feeds);
    }
    return Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, fromRuntime(name, tensor, label)]),
    );
  }

  return {
    get device() {
      return device;
    },
    inputNames: native.inputNames,
    outputNames: native.outputNames,
    run(feeds) {
      // One at a time: a second call waits for the first, whether that failed or not.
      const result = turn.then(() => runOnce(feeds));
      turn = result.catch(() => undefined);
      return result;
    },
    async close() {
      await turn;
      if (closed) return;
      closed = true;
      if (device === 'webgpu') await withGpuLock(gpuLock, () => native.release());
      else await native.release();
    },
  };
}

async function createOnCpu(
  model: Uint8Array,
  threads: number,
  label: string,
  folder?: string,
): Promise<InferenceSession> {
  try {
    return await create(model, 'cpu', threads, false, folder);
  } catch (error) {
    throw failed('session-create-failed', 'the model could not be opened', label, error);
  }
}

function create(
  model: Uint8Array,
  device: UsedDevice,
  threads: number,
  strict: boolean,
  folder?: string,
): Promise<InferenceSession> {
  // Values must be strings; a misspelt key does nothing, silently, so each has a test that it acts.
  const session: Record<string, unknown> = {
    intra_op: { allow_spinning: '0' },
    inter_op: { allow_spinning: '0' },
    set_denormal_as_zero: '1',
  };
  if (strict) session['disable_cpu_ep_fallback'] = '1';
  if (folder !== undefined) session['model_external_initializers_file_folder_path'] = folder;
  return InferenceSession.create(model, {
    executionProviders: device === 'webgpu' ? ['webgpu'] : ['cpu'],
    // 'all' would tie results to this machine's instruction set.
    graphOptimizationLevel: 'extended',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session },
  });
}

function failed(code: string, what: string, label: string, cause: unknown): MongeError {
  return new MongeError({ code, what, where: { op: label }, got: reason(cause) }, { cause });
}

/** The runtime's message without the source paths it was built from, on one line. */
function reason(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  const told = /was false\. (.+)$/.exec(text)?.[1] ?? text.replace(/\/\S*\/(?=[^/\s]+)/g, '');
  return told.length > 400 ? `${told.slice(0, 400)}…` : told;
}
