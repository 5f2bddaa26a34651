/** @file A surface in space drawn on the plane: turned, shaded and painted from back to front on any `Surface`. */
import { channels } from './palette';
import type { Surface } from './surface';
import type { Theme } from './theme';

export interface Turn {
  /** Radians about the upright axis and towards the viewer. */
  yaw: number;
  pitch: number;
}

export interface MeshPicture {
  title: string;
  subtitle: string;
  /** [n, 3]. */
  positions: Float32Array;
  /** [t, 3]. */
  triangles: Uint32Array;
  /** Names of the axes. */
  axes: readonly string[];
  /** Of the surface; a colour of the theme's. */
  color: string;
  /** Single points that are marked, drawn between its back and its front. */
  points: { at: readonly number[]; label: string; shape: 'cross' | 'spot'; color: string }[];
}

type Place = [x: number, y: number, depth: number];

/** Middle and largest half side of the box around all that is drawn. */
export function boxOf(picture: Pick<MeshPicture, 'positions' | 'points'>): {
  middle: number[];
  half: number[];
} {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const see = (value: number, axis: number): void => {
    if (!Number.isFinite(value)) return;
    low[axis] = Math.min(low[axis]!, value);
    high[axis] = Math.max(high[axis]!, value);
  };
  picture.positions.forEach((value, i) => see(value, i % 3));
  for (const { at } of picture.points) at.slice(0, 3).forEach(see);
  return {
    middle: low.map((value, axis) => (value <= high[axis]! ? (value + high[axis]!) / 2 : 0)),
    half: low.map((value, axis) => (value < high[axis]! ? (high[axis]! - value) / 2 : 1)),
  };
}

/** Where a point of the data lies on a picture of this size: every axis fills the same length. */
export function projector(
  picture: Pick<MeshPicture, 'positions' | 'points'>,
  turn: Turn,
  width: number,
  height: number,
  top = 0,
): (x: number, y: number, z: number) => Place {
  const { middle, half } = boxOf(picture);
  // The corners of the box stay inside however it is turned.
  const scale = (0.5 * Math.min(width, height)) / (Math.sqrt(3) * 1.12);
  const [sinYaw, cosYaw] = [Math.sin(turn.yaw), Math.cos(turn.yaw)];
  const [sinPitch, cosPitch] = [Math.sin(turn.pitch), Math.cos(turn.pitch)];
  return (x, y, z) => {
    const u = (x - middle[0]!) / half[0]!;
    const v = (y - middle[1]!) / half[1]!;
    const w = (z - middle[2]!) / half[2]!;
    const across = u * cosYaw - v * sinYaw;
    const away = u * sinYaw + v * cosYaw;
    const up = w * cosPitch + away * sinPitch;
    const depth = away * cosPitch - w * sinPitch;
    return [width / 2 + scale * across, top + height / 2 - scale * up, scale * depth];
  };
}

/** Draws box, back of the surface, points, front of the surface, names. */
export function drawMesh(
  surface: Surface,
  picture: MeshPicture,
  turn: Turn,
  size: { width: number; height: number },
  theme: Theme,
  options: { background?: boolean; heading?: boolean } = {},
): void {
  const top = options.heading ? 44 : 0;
  const at = projector(picture, turn, size.width, size.height - top, top);
  if (options.background) surface.rectangle(0, 0, size.width, size.height, theme.background, 1);
  if (options.heading) {
    const style = { size: 13, weight: 600, anchor: 'start', color: theme.ink } as const;
    surface.text(14, 22, picture.title, style);
    surface.text(14, 38, picture.subtitle, { ...style, size: 11, weight: 400, color: theme['ink-second'] });
  }
  drawBox(surface, picture, at, theme);
  const faces = facesOf(picture, at);
  paint(surface, faces.back, picture.color, theme, 1);
  for (const point of picture.points) {
    const [x, y] = at(point.at[0]!, point.at[1]!, point.at[2]!);
    if (point.shape === 'spot') surface.discs(Float32Array.of(x, y), 5, point.color, 1);
    else surface.segments(Float32Array.of(x - 6, y, x + 6, y, x, y - 6, x, y + 6), point.color, 1, 2);
  }
  // Half clear, so that what lies inside is seen to lie inside.
  paint(surface, faces.front, picture.color, theme, 0.5);
}

interface Face {
  corners: Float32Array;
  depth: number;
  /** 0 edge on to 1 facing. */
  light: number;
}

/** Faces turned away from the viewer and towards them, each from far to near. */
function facesOf(picture: MeshPicture, at: ReturnType<typeof projector>): { back: Face[]; front: Face[] } {
  const { positions, triangles } = picture;
  const places: Place[] = [];
  for (let i = 0; i + 2 < positions.length; i += 3)
    places.push(at(positions[i]!, positions[i + 1]!, positions[i + 2]!));
  const back: Face[] = [];
  const front: Face[] = [];
  // All triangles of a closed surface wind the same way; the sign of its volume says which.
  const corners = Array.from({ length: Math.floor(triangles.length / 3) }, (_, t) =>
    [0, 1, 2].map((k) => places[triangles[3 * t + k]!]!),
  ) as [Place, Place, Place][];
  const outward = Math.sign(corners.reduce((sum, [a, b, c]) => sum + determinant(a, b, c), 0)) || 1;
  for (const [a, b, c] of corners) {
    const flat = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    const lengths =
      Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]) * Math.hypot(c[0] - a[0], c[1] - a[1], c[2] - a[2]);
    (outward * flat < 0 ? front : back).push({
      corners: Float32Array.of(a[0], a[1], b[0], b[1], c[0], c[1]),
      depth: (a[2] + b[2] + c[2]) / 3,
      light: Math.min(1, Math.abs(flat) / Math.max(1e-9, lengths * 0.87)),
    });
  }
  const farFirst = (one: Face, other: Face): number => other.depth - one.depth;
  return { back: back.sort(farFirst), front: front.sort(farFirst) };
}

function determinant(a: Place, b: Place, c: Place): number {
  return (
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    a[1] * (b[0] * c[2] - b[2] * c[0]) +
    a[2] * (b[0] * c[1] - b[1] * c[0])
  );
}

function paint(surface: Surface, faces: Face[], color: string, theme: Theme, opacity: number): void {
  const shades = Array.from({ length: 17 }, (_, k) => mixed(theme.background, color, 0.35 + (0.65 * k) / 16));
  for (const { corners, light } of faces)
    surface.area(opacity === 1 ? grown(corners) : corners, shades[Math.round(16 * light)]!, opacity);
}

/** Half a pixel larger around its middle, so that no seam shows between neighbours. */
function grown(corners: Float32Array): Float32Array {
  const [x, y] = [
    (corners[0]! + corners[2]! + corners[4]!) / 3,
    (corners[1]! + corners[3]! + corners[5]!) / 3,
  ];
  return corners.map((value, i) => {
    const from = i % 2 === 0 ? x : y;
    return value + 0.5 * Math.sign(value - from);
  });
}

/** A colour between two, as `rgb(…)`. */
export function mixed(from: string, to: string, share: number): string {
  const [a, b] = [channels(from), channels(to)];
  return `rgb(${a.map((value, i) => Math.round(255 * (value + share * (b[i]! - value)))).join(', ')})`;
}

/** The edges of the box, and the names of the axes at the ends of three of them. */
function drawBox(
  surface: Surface,
  picture: MeshPicture,
  at: ReturnType<typeof projector>,
  theme: Theme,
): void {
  const { middle, half } = boxOf(picture);
  const corner = (signs: readonly number[]): Place => {
    const [x, y, z] = signs.map((sign, axis) => middle[axis]! + sign * half[axis]!);
    return at(x!, y!, z!);
  };
  const pieces: number[] = [];
  for (let axis = 0; axis < 3; axis++)
    for (const [first, second] of [
      [-1, -1],
      [-1, 1],
      [1, -1],
      [1, 1],
    ] as const) {
      const signs = (own: number): number[] => {
        const rest = [first, second];
        return [0, 1, 2].map((k) => (k === axis ? own : rest.shift()!));
      };
      const [from, to] = [corner(signs(-1)), corner(signs(1))];
      pieces.push(from[0], from[1], to[0], to[1]);
    }
  surface.segments(Float32Array.from(pieces), theme['ink-third'], 0.45, 1);
  picture.axes.slice(0, 3).forEach((name, axis) => {
    const [x, y] = nameCorner(axis, corner);
    surface.text(x, y + 4, name, { color: theme['ink-second'], size: 11, weight: 400, anchor: 'middle' });
  });
}

/** Beyond the end of the axis's leftmost edge when upright, of its lowest when level: there nothing covers the name. */
function nameCorner(axis: number, corner: (signs: readonly number[]) => Place): Place {
  const candidates = [-1, 1].flatMap((first) =>
    [-1, 1].map((second): Place => {
      const rest = [first, second];
      return corner([0, 1, 2].map((k) => (k === axis ? 1.12 : rest.shift()!)));
    }),
  );
  return candidates.reduce((best, one) => ((axis === 2 ? one[0] < best[0] : one[1] > best[1]) ? one : best));
}
