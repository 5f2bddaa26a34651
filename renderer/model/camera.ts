/** @file Where one looks at a graph from: a shift and a scale, moved by drags, wheels and keys. */

export interface Camera {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const SMALLEST = 0.08;
const LARGEST = 3;
/** Below this the letters of a box cannot be read, so a first look does not go further out. */
const READABLE = 0.7;
/** From this scale on the whole picture is worth more than its top at full size. */
const NEARLY = 0.85;

/** The first look: the whole picture if it stays readable, else its top in the middle of the window. */
export function firstLook(content: Size, window: Size): Camera {
  const whole = fitScale(content, window);
  // A tall picture is read from its top at full size; a wide one may shrink to what can still be read.
  const scale = whole >= NEARLY ? Math.min(1, whole) : clamp(window.width / content.width, READABLE, 1);
  const fits = content.height * scale <= window.height;
  return {
    x: (window.width - content.width * scale) / 2,
    y: fits ? (window.height - content.height * scale) / 2 : 0,
    scale,
  };
}

/** The whole picture, however small it becomes. */
export function fit(content: Size, window: Size): Camera {
  const scale = Math.min(1, fitScale(content, window));
  return {
    x: (window.width - content.width * scale) / 2,
    y: (window.height - content.height * scale) / 2,
    scale,
  };
}

export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x + dx, y: camera.y + dy };
}

/** The same, but never so far that the whole picture has left the window. */
export function inSight(camera: Camera, content: Size, window: Size): Camera {
  const left = 80;
  return {
    x: clamp(camera.x, left - content.width * camera.scale, Math.max(left, window.width - left)),
    y: clamp(camera.y, left - content.height * camera.scale, Math.max(left, window.height - left)),
    scale: camera.scale,
  };
}

/** Zooms so that the point of the window stays where it is. */
export function zoom(camera: Camera, [px, py]: readonly [number, number], factor: number): Camera {
  const scale = clamp(camera.scale * factor, SMALLEST, LARGEST);
  const by = scale / camera.scale;
  return { x: px - (px - camera.x) * by, y: py - (py - camera.y) * by, scale };
}

/** Shifts just so far that the box, in the picture's pixels, lies inside the window with some room around it. */
export function bringInto(
  camera: Camera,
  box: { x: number; y: number; width: number; height: number },
  window: Size,
): Camera {
  const room = 24;
  const [dx, dy] = (
    [
      ['x', 'width'],
      ['y', 'height'],
    ] as const
  ).map(([axis, side]) => {
    const middle = box[axis] * camera.scale + camera[axis];
    const half = Math.min((box[side] * camera.scale) / 2 + room, window[side] / 2);
    if (middle - half < 0) return half - middle;
    return middle + half > window[side] ? window[side] - half - middle : 0;
  });
  return pan(camera, dx!, dy!);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function fitScale(content: Size, window: Size): number {
  return Math.min(window.width / Math.max(1, content.width), window.height / Math.max(1, content.height));
}
