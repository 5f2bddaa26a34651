/** @file Sharp canvases: as many pixels as the screen has, drawn in CSS pixels. */

/** Sizes a canvas and answers its context with CSS pixels as the unit, cleared; null where 2-D drawing is missing. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = pixelRatio();
  sizeCanvas(canvas, width, height, ratio);
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
}

export function pixelRatio(): number {
  return Math.min(3, globalThis.devicePixelRatio || 1);
}
