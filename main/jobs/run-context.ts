/** @file What a running method is given: everything it reports goes to the run's folder, and to the views in batches. */
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { MongeError } from '../../native-models/error';
import type { RunContext } from '../contract/define';
import { writeCheckpoint, type StoredCheckpoint } from '../disk/checkpoint';
import { writeAtomically, writePart } from '../disk/files';
import { LineWriter, encodePoints } from '../disk/metrics';
import { safeFileName } from '../disk/names';
import { writeKept } from '../disk/kept';
import { writeSnapshot } from '../disk/snapshots';
import { SpeedMeter } from '../training/time-left';
import type { MetricPoint } from '../contract/engine';
import type { RunJob, RunUpdate } from './messages';
import type { Compute, UsedDevice } from '../contract/compute';

/** Views hear of a run at most this often; the files get every point. */
const batchMilliseconds = 100;

export interface RunReporter {
  context: RunContext;
  /** Notices and devices of the compute layer go the same way as the method's own. */
  notice: (message: string) => void;
  used: (device: UsedDevice) => void;
  /** Writes and sends what is still waiting, and closes the files. */
  close(): Promise<void>;
}

/** Opens the run's logs and makes the context. `compute` is given later, as it reports through the reporter. */
export async function openReporter(
  job: RunJob,
  resume: StoredCheckpoint | null,
  cancel: SharedArrayBuffer,
  compute: () => Compute,
  send: (update: RunUpdate) => void,
): Promise<RunReporter> {
  const metrics = await LineWriter.open(join(job.folder, 'metrics.ndjson'));
  const log = await LineWriter.open(join(job.folder, 'log.ndjson'));
  const flag = new Int32Array(cancel);
  const speed = new SpeedMeter();
  const kept = new Set(resume?.kept);
  let unwritten: MetricPoint[] = [];
  let pending = emptyUpdate();
  let waiting = false;
  let lastSent = -Infinity;
  let timer: NodeJS.Timeout | null = null;
  let writes: Promise<void> = Promise.resolve();
  let writeFailure: unknown = null;

  const queue = (work: () => Promise<void>) => {
    writes = writes.then(work).catch((error: unknown) => {
      writeFailure ??= error;
    });
  };
  const writePoints = () => {
    const lines = encodePoints(unwritten);
    unwritten = [];
    if (lines) queue(() => metrics.append(lines));
  };
  /** A full disk must fail the run, not lose its curves silently. */
  const settle = async () => {
    writePoints();
    await writes;
    if (writeFailure !== null) throw diskError(job.folder, writeFailure);
  };
  const flush = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (!waiting) return;
    writePoints();
    const update = pending;
    pending = emptyUpdate();
    waiting = false;
    lastSent = performance.now();
    send(update);
  };
  const changed = () => {
    waiting = true;
    // Training blocks this thread's timers for a chunk at a time, so the clock is also looked at here.
    if (performance.now() - lastSent >= batchMilliseconds) flush();
    else timer ??= setTimeout(flush, batchMilliseconds);
  };
  const notice = (message: string, kind: 'warning' | 'news' = 'warning') => {
    pending.notices.push(message);
    if (kind === 'news') pending.news = [...(pending.news ?? []), message];
    changed();
    writeLog(kind === 'news' ? 'info' : 'warn', message);
  };
  const writeLog: RunContext['log'] = (level, message, data) => {
    const line = JSON.stringify({
      time: new Date().toISOString(),
      level,
      message,
      ...(data ? { data } : {}),
    });
    queue(() => log.append(line + '\n'));
  };

  const context: RunContext = {
    seed: job.seed,
    device: job.device,
    get compute() {
      return compute();
    },
    resume,
    stopRequested: () => Atomics.load(flag, 0) !== 0,
    now: () => performance.now(),
    metric(name, step, value) {
      const point = { name, step, value };
      unwritten.push(point);
      pending.points.push(point);
      changed();
    },
    final(values) {
      Object.assign(pending.final, values);
      changed();
    },
    progress(mark) {
      const { stage, step, steps } = mark;
      pending.progress = { stage, step, steps, ...speed.mark(performance.now(), mark) };
      changed();
    },
    async checkpoint(state) {
      // The curves up to here must be on the disk before a state that builds on them.
      await settle();
      await metrics.sync();
      await writeCheckpoint(job.folder, { ...state, metricsBytes: metrics.bytes, kept: [...kept].sort() });
      await breathe();
    },
    async snapshot(step, arrays) {
      await writeSnapshot(job.folder, step, arrays);
      pending.snapshots.push(step);
      changed();
    },
    async keep(name, arrays) {
      await writeKept(job.folder, name, arrays);
      kept.add(name);
      pending.kept.push(name);
      changed();
    },
    async artifact(name, bytes) {
      const safe = safeFileName(name);
      await mkdir(join(job.folder, 'artifacts'), { recursive: true });
      await writeAtomically(join(job.folder, 'artifacts', safe), bytes);
      pending.artifacts.push(safe);
      changed();
    },
    async artifactPart(name, at, bytes) {
      await mkdir(join(job.folder, 'artifacts'), { recursive: true });
      await writePart(join(job.folder, 'artifacts', safeFileName(name)), at, bytes);
    },
    artifactDone(name) {
      pending.artifacts.push(safeFileName(name));
      changed();
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(job.folder);
      return bavail * bsize;
    },
    readArtifact: (name) => readFile(join(job.folder, 'artifacts', safeFileName(name))),
    notice,
    log: writeLog,
  };

  return {
    context,
    notice,
    used(device) {
      pending.used = device;
      changed();
    },
    async close() {
      try {
        flush();
        await settle();
        await metrics.sync();
      } finally {
        if (timer) clearTimeout(timer);
        await metrics.close();
        await log.close();
      }
    },
  };
}

/** Lets timers and messages of this thread through, for jobs that run in the engine's own thread. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function diskError(folder: string, cause: unknown): MongeError {
  return new MongeError(
    {
      code: 'run-folder-write-failed',
      blame: 'machine',
      what: 'the run cannot be written to its folder',
      where: { file: folder },
      got: cause instanceof Error ? cause.message : String(cause),
      help: 'free some space or choose another folder, then resume the run',
    },
    { cause },
  );
}

function emptyUpdate(): RunUpdate {
  return {
    points: [],
    progress: null,
    final: {},
    notices: [],
    snapshots: [],
    kept: [],
    artifacts: [],
    used: null,
  };
}
