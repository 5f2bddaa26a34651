/** @file What the Flows stage shows, as a scene: source, data, particles, and on demand pairs, paths and the field. */
import type { AnswerOf, ArgumentsOf, PointsAnswer } from '../../../main/rpc/contract';
import { plot, type MarkOptions } from '../../../figures/plot';
import { extentOf, type ColorToken, type Scene } from '../../../figures/scene';

export type Display = AnswerOf<'flows', 'display'>;
type Divergence = AnswerOf<'flows', 'divergence'>;
export type Field = AnswerOf<'flows', 'field'>;
export type Pairs = AnswerOf<'flows', 'pairs'>;
export type PairsKind = ArgumentsOf<'flows', 'pairs'>['coupling'];
export type Trajectories = AnswerOf<'flows', 'trajectories'>;
export type FlowSolver = ArgumentsOf<'flows', 'trajectories'>['solver'];

/** Particle positions [n, 2] at any time between 0 and 1, straight between the stored ones. */
export function positionsAt(trajectories: Trajectories, time: number): Float32Array {
  const { times, positions, count } = trajectories;
  const size = count * 2;
  const last = times.length - 1;
  let after = times.findIndex((t) => t >= time);
  if (after < 0) after = last;
  if (after === 0) return positions.slice(0, size);
  const before = after - 1;
  const span = times[after]! - times[before]!;
  const share = span > 0 ? Math.min(1, Math.max(0, (time - times[before]!) / span)) : 1;
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const from = positions[before * size + i]!;
    result[i] = from + share * (positions[after * size + i]! - from);
  }
  return result;
}

/** What the stage shows at first: all data, and the source but for its furthest hundredth; the same for all times and steps. */
export function stageExtent(clouds: Pick<Display, 'source' | 'target'>): [number, number, number, number] {
  const { source, target } = clouds;
  const trimmed = [0, 1].map((axis) => {
    const values = Float32Array.from({ length: source.length / 2 }, (_, i) => source[2 * i + axis]!).sort();
    const skip = Math.floor(values.length / 200);
    return [values[skip] ?? NaN, values[values.length - 1 - skip] ?? NaN] as const;
  });
  const [[left, right], [bottom, top]] = trimmed as [readonly [number, number], readonly [number, number]];
  return extentOf([Float32Array.of(left, bottom, right, top), target], 0.06);
}

export interface StageParts {
  display: Pick<Display, 'source' | 'target' | 'targetRows' | 'axes'>;
  trajectories: Trajectories | null;
  /** Drawn particles [n, 2]; null before the first snapshot. */
  particles: Float32Array | null;
  /** Particles of the compared runs, from the same noise at the same time. */
  compared?: { id: string; label: string; points: Float32Array; color: ColorToken }[];
  pairs?: Pairs | null;
  field?: Field | null;
  divergence?: Divergence | null;
  paths?: boolean;
  /** The straight way of each particle, to hold its path against. */
  chords?: boolean;
  /** Of the particles and their paths; this run's own when left out. */
  color?: ColorToken;
  title: string;
  subtitle: string;
  /** Before a run the source is only what noise will look like. */
  preview?: boolean;
}

export function stageScene(parts: StageParts): Scene {
  const { display, trajectories, particles, pairs, field } = parts;
  const [left, right, bottom, top] = stageExtent(display);
  const { color = 'series-1', compared = [] } = parts;
  const [x, y] = display.axes;
  return plot({
    title: parts.title,
    subtitle: parts.subtitle,
    x: { label: x, domain: [left, right] },
    y: { label: y, domain: [bottom, top] },
    equalAspect: true,
    marks: [
      parts.divergence && cellsMark(parts.divergence),
      {
        kind: 'points',
        id: 'source',
        label: parts.preview ? 'source (preview)' : 'source',
        points: display.source,
        color: 'series-0',
        radius: 1.4,
        opacity: 0.45,
      },
      pairs && { kind: 'segments', label: 'pairs', from: pairs.source, to: pairs.target, opacity: 0.28 },
      parts.paths &&
        trajectories && {
          kind: 'paths',
          label: 'paths',
          positions: trajectories.positions,
          times: trajectories.times.length,
          count: trajectories.count,
          every: drawnEvery(trajectories),
          color,
          opacity: 0.38,
        },
      parts.chords && trajectories && chordsMark(trajectories),
      {
        kind: 'points',
        label: 'data',
        points: display.target,
        rows: display.targetRows,
        color: 'series-2',
        radius: particles ? 1.4 : 1.8,
        opacity: particles ? 0.55 : 0.8,
      },
      field && {
        kind: 'arrows',
        id: 'field',
        label: 'velocity',
        positions: field.positions,
        vectors: field.velocities,
        scale: arrowScale(field),
        color: 'ink-second',
        opacity: 0.8,
      },
      ...compared.map(({ id, ...look }): MarkOptions => {
        return { kind: 'points', id: `compared ${id}`, ...look, radius: 1.8, opacity: 0.75 };
      }),
      particles && {
        kind: 'points',
        id: 'particles',
        label: compared.length > 0 ? 'this run' : 'now',
        points: particles,
        color,
        radius: 2,
        opacity: 0.9,
      },
    ],
  });
}

/** Every k-th particle has its path drawn: some four hundred are as many as can be told apart. */
function drawnEvery({ count }: Trajectories): number {
  return Math.max(1, Math.round(count / 400));
}

/** Noise and result of the particles whose paths are drawn, joined by straight lines; kept per answer. */
function chordsMark(trajectories: Trajectories): MarkOptions {
  let ends = chordEnds.get(trajectories);
  if (!ends) {
    const every = drawnEvery(trajectories);
    const pick = (frame: Float32Array): Float32Array =>
      frame.filter((_, i) => Math.floor(i / 2) % every === 0);
    ends = { from: pick(positionsAt(trajectories, 0)), to: pick(positionsAt(trajectories, 1)) };
    chordEnds.set(trajectories, ends);
  }
  return { kind: 'segments', label: 'chords', ...ends, color: 'ink-second', opacity: 0.4 };
}
const chordEnds = new WeakMap<Trajectories, { from: Float32Array; to: Float32Array }>();

/** Full colour at the largest twentieth, so that one steep cell does not bleach the rest. */
function cellsMark({ grid, extent, values }: Divergence): MarkOptions {
  const sizes = values.map(Math.abs).sort();
  const limit = sizes[Math.floor(0.95 * (sizes.length - 1))] ?? 0;
  return { kind: 'cells', label: 'divergence', grid, extent, values, limit, color: 'ink', opacity: 0.3 };
}

/** Arrows as long as the grid's spacing for the fastest tenth, so that they neither overlap nor vanish. */
export function arrowScale(field: Field): number {
  const speeds = Float32Array.from({ length: field.velocities.length / 2 }, (_, i) =>
    Math.hypot(field.velocities[2 * i]!, field.velocities[2 * i + 1]!),
  ).sort();
  const fast = speeds[Math.floor(0.9 * (speeds.length - 1))] ?? 0;
  const [left, right] = extentOf([field.positions], 0);
  const spacing = (right - left) / Math.max(1, Math.sqrt(speeds.length) - 1);
  return fast > 0 ? spacing / fast : 0;
}

/** FNV-1a over the bits of the drawn positions or pixels: tells two pictures apart without looking at them. */
export function checksum(drawn: Float32Array | Uint8Array): string {
  const words =
    drawn instanceof Uint8Array ? drawn : new Uint32Array(drawn.buffer, drawn.byteOffset, drawn.length);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

/** The data before a run, with what noise will look like. */
export function previewDisplay({ points, rows, axes }: PointsAnswer): StageParts['display'] {
  return { source: previewNoise(points, rows.length), target: points, targetRows: rows, axes };
}

/** What Gaussian noise with the data's mean and spread looks like, before the engine has drawn any. Always the same. */
export function previewNoise(data: Float32Array, count: number): Float32Array {
  const n = data.length / 2;
  const mean = [0, 0];
  const square = [0, 0];
  for (let i = 0; i < data.length; i++) mean[i % 2]! += data[i]! / n;
  for (let i = 0; i < data.length; i++) square[i % 2]! += (data[i]! - mean[i % 2]!) ** 2 / n;
  const noise = new Float32Array(count * 2);
  for (let k = 0; k < count; k++) {
    const radius = Math.sqrt(-2 * Math.log(1 - scrambled(2 * k)));
    const angle = 2 * Math.PI * scrambled(2 * k + 1);
    noise[2 * k] = mean[0]! + Math.sqrt(square[0]!) * radius * Math.cos(angle);
    noise[2 * k + 1] = mean[1]! + Math.sqrt(square[1]!) * radius * Math.sin(angle);
  }
  return noise;
}

/** A number in [0, 1) that looks random and is always the same for the same place (the finaliser of MurmurHash3). */
function scrambled(place: number): number {
  let bits = (place + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
