/**
 * @file The contract of all launchers. A trial is `monge run --config trial.json` on a host that sees its folder, which holds
 * `trial.json` (what to run), `status.json` (replaced whole: state, step, process, host, attempt), `heartbeat` (its time), the
 * run's own files, `log.txt` and `control/{stop,prune,checkpoint}` (files that are looked for between chunks).
 */
import type { LauncherKind } from '../contract/study';

/** A trial to run. */
export interface TrialRef {
  /** Names the job: the same trial and attempt are never submitted twice. */
  study: string;
  trial: number;
  seed: number;
  attempt: number;
  /** Absolute; holds trial.json. */
  folder: string;
}

export interface Resources {
  cpus: number;
  /** MiB. */
  memory: number;
  gpus?: number;
  /** Time limit. */
  minutes: number;
  maximumParallel?: number;
}

/** What a launcher knows a job by; lies in the journal as it is. */
export interface Handle {
  id: string;
  trial: TrialRef;
}

export interface JobPhase {
  phase: 'queued' | 'running' | 'ended' | 'unknown';
  /** A hint; the end record in the folder is the truth. */
  exit?: number;
  reason?: string;
  host?: string;
}

export interface LauncherState {
  ok: boolean;
  version?: string;
  limits: { array: boolean; gpus: boolean; sharedFolder: boolean };
  /** Why it cannot be used. */
  why?: string;
}

export interface Launcher {
  readonly kind: LauncherKind;
  probe(): Promise<LauncherState>;
  /** @throws `launcher-refused` with what the scheduler said */
  submit(batch: readonly TrialRef[], resources: Resources): Promise<Handle[]>;
  /** By the handle's id; `unknown` for a job the scheduler has forgotten. */
  poll(handles: readonly Handle[]): Promise<Map<string, JobPhase>>;
  /** `graceful` lets the trial write a checkpoint. */
  cancel(handle: Handle, how: 'graceful' | 'now'): Promise<void>;
  /** Bytes of the job's log from `from` on. */
  logs(handle: Handle, from: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
