/** @file What the rest of the engine knows of ONNX Runtime: sessions that take and give host tensors. */

export type Device = 'auto' | 'cpu' | 'webgpu';
/** Devices a session can end up on. */
export type UsedDevice = Exclude<Device, 'auto'>;

export interface HostTensor {
  type:
    | 'float16'
    | 'float32'
    | 'float64'
    | 'int8'
    | 'uint8'
    | 'int16'
    | 'uint16'
    | 'int32'
    | 'uint32'
    | 'int64'
    | 'uint64'
    | 'bool';
  /** The typed array of the type's name; bool in a Uint8Array, the bit patterns of float16 in a Uint16Array. */
  data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array;
  dims: readonly number[];
}

/**
 * A value that stayed on the GPU. Feed it to any session there; release it once it is not needed any more. It is also
 * released when the session that made it is closed.
 */
export interface DeviceTensor {
  readonly location: 'device';
  readonly type: HostTensor['type'];
  readonly dims: readonly number[];
  /** Gives its memory back; feeding it afterwards is `tensor-released`. */
  release(): Promise<void>;
}

export type Feeds = Readonly<Record<string, HostTensor | DeviceTensor>>;

export interface SessionOptions {
  device?: Device;
  /** Fail instead of letting any node fall to the CPU; WebGPU only. */
  strict?: boolean;
  /** Shown in logs and error messages. */
  label?: string;
  /** Intra-op threads; default: the engine's setting. */
  threads?: number;
  /**
   * Where the files of external weights lie. Their locations must have been judged before (main/models/external-data):
   * without a folder the runtime would look for them in the current directory.
   */
  folder?: string;
  /** Outputs that stay on the GPU, for `runKeeping`; without effect on the CPU. */
  keep?: readonly string[];
  /**
   * How far the runtime rewrites the graph; default 'extended'. 'basic' keeps the operators as they are written, so that
   * what is captured is bit-equal to what is computed without looking; 'all' ties the results to this machine's
   * instruction set.
   */
  graphLevel?: GraphLevel;
}

export type GraphLevel = 'basic' | 'extended' | 'all';

/** What a run is to give, where that is not every output in memory of the runtime's own. */
export interface WantedOutputs {
  /** Names of the outputs to compute; default: all. */
  outputs?: readonly string[];
  /**
   * Tensors that outputs are written to; they must have the shapes that are computed. One that is also fed is changed in
   * place, for operators that allow it (the caches of attention).
   */
  into?: Readonly<Record<string, HostTensor>>;
}

/** Every output of a run is in one of the two. */
export interface KeepingResult {
  host: Record<string, HostTensor>;
  /** The outputs named by `keep`; on the CPU none. */
  kept: Record<string, DeviceTensor>;
}

/** A loaded model. Owned by whoever opened it, who must close it. One run at a time. */
export interface Session {
  readonly device: UsedDevice;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * @throws `outputs-kept` for a session whose outputs stay on the GPU, `outputs-unknown` for a wanted name that the model
   * does not have, `outputs-into` for outputs written to given tensors where that cannot be had (lanes).
   */
  run(feeds: Feeds, wanted?: WantedOutputs): Promise<Record<string, HostTensor>>;
  /**
   * A run whose outputs named by `keep` stay on the GPU.
   * @throws `device-lost` when the GPU failed under values that only it had; the session is then on the CPU.
   */
  runKeeping(feeds: Feeds): Promise<KeepingResult>;
  close(): Promise<void>;
}

export interface Compute {
  /** Opens ONNX bytes on the asked device; a device that is missing or fails gives a CPU session and one notice. */
  open(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** Set once a fallback happened: why the asked device was not used. */
  readonly notices: readonly string[];
  /** Intra-op threads of a session that does not ask for its own number: the most that a job should use. */
  readonly threads: number;
  /** Channels per block of the CPU's blocked convolution kernels; undefined where they cannot be used. */
  channelBlock?(): Promise<number | undefined>;
  /**
   * Up to `count` places to compute in at the same time: sessions opened there run in threads of their own, with one
   * thread each, on the CPU. Where no threads can be had it is this one place. The same are given every time, and they
   * are closed with this. What is sent is copied: send little.
   */
  lanes?(count: number): Promise<readonly Compute[]>;
}
