/** @file What the rest of the engine knows of ONNX Runtime: sessions that take and give host tensors. */

export type Device = 'auto' | 'cpu' | 'webgpu';
/** Devices a session can end up on. */
export type UsedDevice = Exclude<Device, 'auto'>;

export interface HostTensor {
  type: 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';
  data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
  dims: readonly number[];
}

export interface SessionOptions {
  device?: Device;
  /** Fail instead of letting any node fall to the CPU; WebGPU only. */
  strict?: boolean;
  /** Shown in logs and error messages. */
  label?: string;
  /** Intra-op threads; default: the engine's setting. */
  threads?: number;
}

/** A loaded model. Owned by whoever opened it, who must close it. One run at a time. */
export interface Session {
  readonly device: UsedDevice;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}

export interface Compute {
  /** Opens ONNX bytes on the asked device; a device that is missing or fails gives a CPU session and one notice. */
  open(model: Uint8Array, options?: SessionOptions): Promise<Session>;
  /** Set once a fallback happened: why the asked device was not used. */
  readonly notices: readonly string[];
}
