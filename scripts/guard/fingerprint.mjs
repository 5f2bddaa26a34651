/** @file What a run came to, as numbers and hashes: metrics, curves, checkpoint, snapshots and the files it leaves. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Measures of the clock, which never repeat; a repeat's measures hold them beside the values of its curves. */
const timed = /seconds|stepsPerSecond|^times\/|^measures\//i;
/** Artifacts that name the run or its date. */
const dated = /\.html$/;

/**
 * @param {string} folder a run's
 * @returns {Record<string, Record<string, unknown>>} by group and then by name, so that a difference can be named
 */
export function fingerprint(folder) {
  const record = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
  const metrics = Object.entries(record.metrics).filter(([name]) => !timed.test(name));
  const tensors = tensorsOf(join(folder, 'checkpoint', 'arrays.safetensors'));
  return {
    result: { status: record.status },
    metrics: Object.fromEntries(metrics),
    curves: curvesOf(join(folder, 'metrics.ndjson')),
    checkpoint: Object.fromEntries(tensors.filter(([name]) => !timed.test(name))),
    snapshots: { all: snapshotsOf(folder) },
    files: Object.fromEntries(
      artifactsOf(folder)
        .filter((name) => !dated.test(name))
        .map((name) => [name, digest(readFileSync(join(folder, 'artifacts', name)))]),
    ),
  };
}

/** Names of the artifacts of a run; null for a folder that is no run's. */
export function artifactsOf(folder) {
  if (!existsSync(join(folder, 'run.json'))) return null;
  const artifacts = join(folder, 'artifacts');
  return existsSync(artifacts) ? readdirSync(artifacts).sort() : [];
}

/** @param {Uint8Array | string} content */
export function digest(content) {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** Every point of every curve, with all digits: number of points and hash by curve. */
function curvesOf(path) {
  const curves = new Map();
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const { name, step, value } = JSON.parse(line);
    if (timed.test(name)) continue;
    if (!curves.has(name)) curves.set(name, []);
    curves.get(name).push(`${step} ${value}`);
  }
  return Object.fromEntries(
    [...curves].map(([name, points]) => [name, `${points.length} points ${digest(points.join('\n'))}`]),
  );
}

/** Hash, type and shape of every tensor by its name: the order in the file and its metadata do not matter. */
function tensorsOf(path) {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  return Object.entries(JSON.parse(bytes.subarray(8, start).toString('utf8')))
    .filter(([name]) => name !== '__metadata__')
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, `${dtype} [${shape.join(', ')}] ${digest(bytes.subarray(start + from, start + to))}`],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** All tensors that the run keeps outside its checkpoint, wherever in its folder they lie. */
function snapshotsOf(folder) {
  const files = readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.safetensors') && !name.startsWith('checkpoint'))
    .map((name) => tensorsOf(join(folder, name)).filter(([tensor]) => !timed.test(tensor)))
    .map((tensors) => digest(JSON.stringify(tensors)));
  return `${files.length} files ${digest(files.sort().join('\n'))}`;
}
