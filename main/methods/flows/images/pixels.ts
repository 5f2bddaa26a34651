/** @file Images as numbers of the method and as pixels. */

/** Features of images lie in [−1, 1], pixels in 0 … 255; the flow may overshoot. */
export function toPixels(points: Float32Array): Uint8Array {
  return Uint8Array.from(points, (value) => Math.round(Math.min(255, Math.max(0, (value + 1) * 127.5))));
}
