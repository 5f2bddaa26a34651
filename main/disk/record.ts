/** @file run.json: the record of a run, checked on reading and written atomically. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { MongeError, errorDetail } from '../../native-models/error';
import type { RunRecord, RunStatus } from '../contract/engine';
import type { Json } from '../contract/schema';
import { writeAtomically } from './files';
import { decodeNumber, encodeNumber } from './metrics';
import { modernRecord } from './older';

/** Statuses of a run that some process is working on, or will. */
export const activeStatuses: readonly RunStatus[] = ['queued', 'running', 'stopping'];
const statuses = [...activeStatuses, 'stopped', 'interrupted', 'done', 'failed', 'diverged'] as const;

const json = v.custom<Json>(() => true);
const nullable = v.nullable(v.number());
const whole = (maximum: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(maximum));
const place = { input: v.string(), name: v.string(), path: v.string(), sha256: v.string() };
const schema = v.object({
  id: v.string(),
  name: v.string(),
  method: v.string(),
  status: v.picklist(statuses),
  config: v.record(v.string(), json),
  seed: whole(Number.MAX_SAFE_INTEGER),
  inputs: v.array(
    v.variant('kind', [
      v.object({
        kind: v.literal('dataset'),
        ...place,
        rows: v.number(),
        roles: v.record(v.string(), v.picklist(['feature', 'target', 'label', 'image', 'text', 'ignore'])),
      }),
      v.object({ kind: v.picklist(['model', 'vectors', 'text', 'run']), ...place }),
    ]),
  ),
  device: v.object({
    asked: v.picklist(['auto', 'cpu', 'webgpu']),
    used: v.nullable(v.picklist(['cpu', 'webgpu'])),
    threads: whole(1024),
  }),
  versions: v.record(v.string(), v.string()),
  created: v.string(),
  started: v.nullable(v.string()),
  finished: v.nullable(v.string()),
  seconds: v.number(),
  progress: v.object({
    stage: v.string(),
    step: v.number(),
    steps: v.number(),
    secondsLeft: nullable,
    stepsPerSecond: nullable,
  }),
  metrics: v.pipe(
    v.record(v.string(), v.union([v.number(), v.string()])),
    v.transform((metrics) =>
      Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, decodeNumber(value) ?? NaN])),
    ),
  ),
  snapshots: v.array(v.number()),
  kept: v.optional(v.array(v.string())),
  artifacts: v.array(v.string()),
  notices: v.array(v.string()),
  news: v.optional(v.array(v.string())),
  error: v.nullable(v.looseObject({ code: v.string(), what: v.string() })),
  command: v.string(),
  notes: v.string(),
  tags: v.optional(v.array(v.string())),
});

/** Stores the record; numbers that JSON lacks survive as words. */
export async function writeRecord(folder: string, record: RunRecord): Promise<void> {
  const metrics = Object.fromEntries(
    Object.entries(record.metrics).map(([name, value]) => [name, encodeNumber(value)]),
  );
  await writeAtomically(join(folder, 'run.json'), JSON.stringify({ ...record, metrics }, null, 2) + '\n');
}

/**
 * Reads and checks the record, of this version or an earlier one. Its id is the folder's name, so that a copied run is a run of its own.
 * @throws `run-corrupt` for a file that is missing, torn or not a record.
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const file = join(folder, 'run.json');
  try {
    const parsed = v.safeParse(schema, modernRecord(JSON.parse(await readFile(file, 'utf8'))));
    if (parsed.success) return { ...parsed.output, id: basename(folder) };
    const [issue] = parsed.issues;
    throw new Error(`${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
  } catch (cause) {
    throw new MongeError(
      {
        code: 'run-corrupt',
        what: 'the record of this run cannot be read',
        where: { file },
        got: cause instanceof Error ? cause.message : String(cause),
        help: 'its curves and artifacts may still be whole; look into the folder, or move the run to the trash',
      },
      { cause },
    );
  }
}

type Beginning = Omit<
  RunRecord,
  | 'started'
  | 'finished'
  | 'seconds'
  | 'progress'
  | 'metrics'
  | 'snapshots'
  | 'artifacts'
  | 'notices'
  | 'notes'
>;

/** The record of a run that has done nothing yet. */
export function recordOf({ error, command, tags, ...first }: Beginning, stage = ''): RunRecord {
  return {
    ...first,
    started: null,
    finished: null,
    seconds: 0,
    progress: { stage, step: 0, steps: 0, secondsLeft: null, stepsPerSecond: null },
    metrics: {},
    ...{ snapshots: [], artifacts: [], notices: [] },
    error,
    command,
    notes: '',
    ...(tags && { tags }),
  };
}

/** How a run whose record cannot be read is listed: failed, with the reason, never hidden. */
export function corruptRecord(id: string, thrown: unknown, created: Date): RunRecord {
  return recordOf({
    ...{ id, name: id, method: '', status: 'failed', config: {}, seed: 0, inputs: [] },
    device: { asked: 'auto', used: null, threads: 0 },
    versions: {},
    created: created.toISOString(),
    error: errorDetail(thrown),
    command: '',
  });
}
