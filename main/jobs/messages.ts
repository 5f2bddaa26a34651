/** @file What the engine asks of a compute thread and what it hears back: plain objects that cross threads. */
import type { DeviceStatus } from '../compute/devices';
import type { Device, UsedDevice } from '../contract/compute';
import type { ForeignFiles } from './foreign-kinds';
import type { InputReference, MetricPoint, RunRecord } from '../contract/engine';
import type { Json } from '../contract/schema';

/** All that a thread needs to know of a run. It reads and writes the run's folder itself. */
export interface RunJob {
  id: string;
  folder: string;
  method: string;
  config: Record<string, Json>;
  seed: number;
  device: Device;
  threads: number;
  inputs: InputReference[];
}

export type ComputeRequest =
  /** Trains from the stored checkpoint, or from the start; `cancel[0]` becomes 1 when a person asks to stop. */
  | { kind: 'run'; job: RunJob; cancel: SharedArrayBuffer }
  | { kind: 'query'; job: RunJob; name: string; args: unknown }
  /** Work of a method beside its run; `cancel[0]` becomes 1 when it is not wanted any more. */
  | { kind: 'background'; job: RunJob; name: string; args: unknown; cancel: SharedArrayBuffer }
  /** The trained model, or the program that trains it. */
  | { kind: 'onnx'; job: RunJob; part: 'model' | 'training' }
  /** Closes what queries of a run keep open. */
  | { kind: 'release'; id: string }
  | { kind: 'devices' }
  | { kind: 'close' };

/** What happened in a run since the last update; sent at most ten times a second. */
export interface RunUpdate {
  points: MetricPoint[];
  progress: RunRecord['progress'] | null;
  final: Record<string, number>;
  notices: string[];
  /** Those of them that only inform. */
  news?: string[];
  snapshots: number[];
  kept: string[];
  artifacts: string[];
  used: UsedDevice | null;
}

export interface ComputeAnswers {
  run: 'done' | 'stopped';
  query: unknown;
  background: unknown;
  onnx: Uint8Array;
  release: null;
  devices: DeviceStatus[];
  close: null;
}

export interface WorkerSetup {
  gpuLock: SharedArrayBuffer;
}

/** Where a run's work is done. */
export interface RunThreads {
  gpuLock: SharedArrayBuffer;
  /** Where further threads start; null keeps all work in this one. */
  workerUrl: URL | null;
  /** Where models of others are opened. */
  foreign: ForeignFiles;
}
