/** @file The files of samples/ as bytes, made from the generators: CSV, JSON Lines, NPZ, gzipped IDX and ONNX. */
import { gzipSync, zipSync } from 'fflate';
import { eightGaussians, gaussians16d, ringAndPetals, swissRoll, twoMoons, type Cloud } from './clouds';
import { drawnDigits, SIDE } from './digits';
import { modelFiles } from './models';
import { sentences } from './sentences';
import { twoOutputs, type SampleTable } from './tables';
import { tasks, type Task } from './tasks';
import { everydayTexts, footballTexts, topicTexts } from './topics';

/** Zip archives carry a date; a fixed one keeps the bytes the same. */
const DATE = new Date(2025, 0, 1);
const DIGITS = 4_000;

/** Every generated sample file by name. */
export function sampleFiles(): Map<string, Uint8Array> {
  const digits = drawnDigits(DIGITS);
  return new Map([
    ['two-moons.csv', csv(twoMoons(6_000))],
    ['eight-gaussians.csv', csv(eightGaussians(20_000))],
    ['ring-and-petals.csv', csv(ringAndPetals(6_000))],
    ['swiss-roll.csv', csv(swissRoll(5_000))],
    ['two-outputs.csv', tableCsv(twoOutputs(2_000))],
    ['sentences.jsonl', jsonLines(sentences(2_000))],
    ['topics.jsonl', jsonLines(topicTexts(2_400))],
    ['everyday.jsonl', jsonLines(everydayTexts(400))],
    ['football.jsonl', jsonLines(footballTexts(400))],
    ['gaussians-16d.npz', npz(gaussians16d(5_000))],
    ['drawn-digits-images-idx3-ubyte.gz', gzip(idx([DIGITS, SIDE, SIDE], digits.pixels))],
    ['drawn-digits-labels-idx1-ubyte.gz', gzip(idx([DIGITS], digits.labels))],
    ...[...tasks()].map(([name, task]): [string, Uint8Array] => [`${name}.csv`, taskCsv(task)]),
    ...modelFiles(),
  ]);
}

function csv({ columns, points, labels }: Cloud): Uint8Array {
  const d = columns.length;
  const lines = labels.map((label, row) => {
    const values = Array.from(points.subarray(row * d, (row + 1) * d), (value) => value.toFixed(4));
    return [...values, label].join(',');
  });
  return new TextEncoder().encode([[...columns, 'label'].join(','), ...lines, ''].join('\n'));
}

function tableCsv({ columns, rows }: SampleTable): Uint8Array {
  const lines = rows.map((row) =>
    row.map((value) => (typeof value === 'number' ? value.toFixed(4) : value)).join(','),
  );
  return new TextEncoder().encode([columns.join(','), ...lines, ''].join('\n'));
}

function taskCsv({ about, rows }: Task): Uint8Array {
  const quoted = (text: string): string => (text.includes(',') ? `"${text}"` : text);
  const lines = rows.map((row) => [quoted(row.statement), row.label, quoted(row.about)].join(','));
  return new TextEncoder().encode([`statement,label,${about}`, ...lines, ''].join('\n'));
}

function jsonLines(rows: readonly object[]): Uint8Array {
  return new TextEncoder().encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function npz({ columns, points, labels }: Cloud): Uint8Array {
  const arrays = {
    'x.npy': npy('<f4', `(${labels.length}, ${columns.length})`, new Uint8Array(points.buffer)),
    'label.npy': npy('|u1', `(${labels.length},)`, Uint8Array.from(labels, Number)),
  };
  return zipSync(arrays, { level: 9, mtime: DATE });
}

/** Version 1.0 of the NPY format: the header is padded so that the data begin at a multiple of 64. */
function npy(descr: string, shape: string, data: Uint8Array): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const head = new TextEncoder().encode(`${header.padEnd(length - 1)}\n`);
  return joined([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8], head, data);
}

function idx(dims: readonly number[], data: Uint8Array): Uint8Array {
  const sizes = dims.flatMap((d) => [d >>> 24, (d >>> 16) & 255, (d >>> 8) & 255, d & 255]);
  return joined([0, 0, 8, dims.length, ...sizes], data);
}

function gzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9, mtime: 0 });
}

function joined(...parts: (Uint8Array | number[])[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}
