/** @file metrics.ndjson: one `{"name","step","value"}` per line, appended while a run goes on; read as curves or CSV. */
import { constants } from 'node:fs';
import { copyFile, open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import type { MetricCurve, MetricPoint } from '../contract/engine';
import { isMissing } from './files';

/** The file's lines for these points. Values that JSON lacks are kept as the words NaN, Infinity and -Infinity. */
export function encodePoints(points: readonly MetricPoint[]): string {
  return points
    .map(({ name, step, value }) => JSON.stringify({ name, step, value: encodeNumber(value) }) + '\n')
    .join('');
}

/** A number as JSON can keep it. */
export function encodeNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The inverse of `encodeNumber`; undefined for anything else. */
export function decodeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  return undefined;
}

/** All readable points, in the order written. A torn last line is ignored; other unreadable lines are counted. */
export async function readPoints(path: string): Promise<{ points: MetricPoint[]; damaged: number }> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  const points: MetricPoint[] = [];
  let damaged = 0;
  const lines = text.split('\n');
  // What follows the last line feed was being written when the process died, or is being written now.
  lines.pop();
  for (const line of lines) {
    const point = decodePoint(line);
    if (point) points.push(point);
    else damaged++;
  }
  return { points, damaged };
}

/** Points grouped by name, in order of first appearance; all curves, or those asked for. */
export function toCurves(points: readonly MetricPoint[], names?: readonly string[]): MetricCurve[] {
  const groups = new Map<string, MetricPoint[]>();
  for (const point of points) {
    if (names && !names.includes(point.name)) continue;
    const group = groups.get(point.name);
    if (group) group.push(point);
    else groups.set(point.name, [point]);
  }
  return [...groups].map(([name, group]) => ({
    name,
    steps: Float64Array.from(group, (p) => p.step),
    values: Float64Array.from(group, (p) => p.value),
  }));
}

/** `step,name,value` with full precision. */
export function toCsv(points: readonly MetricPoint[]): string {
  const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return (
    ['step,name,value', ...points.map((p) => `${p.step},${quoted(p.name)},${p.value}`)].join('\n') + '\n'
  );
}

/**
 * Cuts the file to what it was when a checkpoint was taken, so that a resumed run writes each point once. A file that
 * was damaged meanwhile is first copied to `metrics.damaged.ndjson`, and the answer says what is lost; null otherwise.
 */
export async function truncateMetrics(path: string, bytes: number): Promise<string | null> {
  const { size, damaged } = await damageUpTo(path, bytes);
  if (damaged !== null && size > 0)
    await copyFile(path, path.replace(/\.ndjson$/, '.damaged.ndjson'), constants.COPYFILE_EXCL).catch(
      () => undefined,
    );
  if (size > bytes) await truncate(path, bytes);
  return damaged;
}

/** What is wrong with the lines before a checkpoint, in words; they were whole when it was taken. */
async function damageUpTo(path: string, bytes: number): Promise<{ size: number; damaged: string | null }> {
  const content = await readFile(path).catch((error: unknown) => {
    if (isMissing(error)) return new Uint8Array();
    throw error;
  });
  const size = content.length;
  const say = (what: string) => ({
    size,
    damaged: `metrics.ndjson was damaged: ${what}; the curves have gaps.`,
  });
  if (size < bytes) return say(`${bytes - size} bytes are missing at its end`);
  const kept = Buffer.from(content.subarray(0, bytes)).toString('utf8').split('\n');
  const unreadable = kept.slice(0, -1).findIndex((line) => !decodePoint(line));
  if (unreadable >= 0) return say(`line ${unreadable + 1} cannot be read`);
  return kept.at(-1) === '' ? { size, damaged: null } : say(`line ${kept.length} is cut`);
}

/** Appends lines to a file, in order, and knows how long the file is. */
export class LineWriter {
  private constructor(
    private readonly file: FileHandle,
    private length: number,
  ) {}

  /** Opens for appending, first dropping a torn last line. */
  static async open(path: string): Promise<LineWriter> {
    const file = await open(path, 'a+');
    try {
      const text = await file.readFile();
      const whole = text.lastIndexOf(0x0a) + 1;
      if (whole < text.length) await file.truncate(whole);
      return new LineWriter(file, whole);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.length;
  }

  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    await this.file.appendFile(bytes);
    this.length += bytes.length;
  }

  /** Waits until everything appended is on the disk. */
  async sync(): Promise<void> {
    await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function decodePoint(line: string): MetricPoint | null {
  try {
    const { name, step, value } = JSON.parse(line) as Partial<Record<string, unknown>>;
    const number = decodeNumber(value);
    if (typeof name !== 'string' || typeof step !== 'number' || number === undefined) return null;
    return { name, step, value: number };
  } catch {
    return null;
  }
}
