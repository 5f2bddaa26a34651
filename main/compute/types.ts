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
