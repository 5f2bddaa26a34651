/** @file Points and line pieces on the graphics card, so that a hundred thousand of them pan smoothly. */
import { channels, classColor, markColor } from '../../figures/palette';
import { layerOf, segmentsOf, type Mark } from '../../figures/scene';
import type { Theme } from '../../figures/theme';
import { inner, type Frame, type Viewport } from '../../figures/viewport';

type CloudMark = Extract<Mark, { kind: 'points' | 'segments' | 'paths' | 'arrows' }>;

function isCloud(mark: Mark): mark is CloudMark {
  return layerOf(mark) === 'cloud';
}

/** Draws the point and line marks of a scene; everything else is left to the 2-D canvas. */
export interface CloudRenderer {
  /** `every` draws only each k-th point, 1 ≤ k ≤ 31. */
  draw(
    marks: readonly Mark[],
    view: Viewport,
    frame: Frame,
    theme: Theme,
    pixelRatio: number,
    every?: number,
  ): void;
  close(): void;
}

const vertexSource = `#version 300 es
in vec2 position;
in vec3 color;
uniform vec2 scale;
uniform vec2 offset;
uniform float size;
out vec3 shade;
void main() {
  shade = color;
  gl_Position = vec4(position * scale + offset, 0.0, 1.0);
  gl_PointSize = size;
}`;

const fragmentSource = `#version 300 es
precision highp float;
in vec3 shade;
uniform float opacity;
uniform float size;
uniform bool round_;
out vec4 result;
void main() {
  float cover = 1.0;
  if (round_) {
    float distance = length(gl_PointCoord - 0.5) * size;
    cover = clamp(size * 0.5 - distance, 0.0, 1.0);
  }
  float alpha = opacity * cover;
  result = vec4(shade * alpha, alpha);
}`;

interface Uploaded {
  positions: WebGLBuffer;
  colors: WebGLBuffer | null;
  array: Float32Array;
  classes: Int32Array | null;
  base: string;
}

/** A renderer on the canvas, or null where WebGL 2 is missing; then draw with `canvasSurface`. */
export function cloudRenderer(canvas: HTMLCanvasElement): CloudRenderer | null {
  const gl = canvas.getContext('webgl2', { antialias: true, premultipliedAlpha: true });
  const program = gl && link(gl);
  if (!gl || !program) return null;
  const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
  const [scale, offset, size, opacity, round] = ['scale', 'offset', 'size', 'opacity', 'round_'].map(place);
  const positionSlot = gl.getAttribLocation(program, 'position');
  const colorSlot = gl.getAttribLocation(program, 'color');
  const uploads = new Map<string, Uploaded>();

  function forget(id: string): void {
    const found = uploads.get(id);
    if (!found) return;
    gl!.deleteBuffer(found.positions);
    if (found.colors) gl!.deleteBuffer(found.colors);
    uploads.delete(id);
  }

  function upload(id: string, array: Float32Array, classes: Int32Array | null, base: string): Uploaded {
    const found = uploads.get(id);
    if (found && found.array === array && found.classes === classes && (!classes || found.base === base))
      return found;
    const positions = found?.positions ?? gl!.createBuffer();
    gl!.bindBuffer(gl!.ARRAY_BUFFER, positions);
    gl!.bufferData(gl!.ARRAY_BUFFER, array, found ? gl!.DYNAMIC_DRAW : gl!.STATIC_DRAW);
    let colors: WebGLBuffer | null = found?.colors ?? null;
    if (classes && (found?.classes !== classes || found.base !== base)) {
      colors ??= gl!.createBuffer();
      gl!.bindBuffer(gl!.ARRAY_BUFFER, colors);
      gl!.bufferData(gl!.ARRAY_BUFFER, classBytes(classes, base), gl!.STATIC_DRAW);
    }
    const next = { positions, colors, array, classes, base };
    uploads.set(id, next);
    return next;
  }

  function drawMark(mark: Mark, theme: Theme, pixelRatio: number, every: number): void {
    if (!isCloud(mark)) return;
    const isPoints = mark.kind === 'points';
    const array = isPoints ? mark.points : segmentsOf(mark);
    const classes = isPoints ? (mark.classes ?? null) : null;
    const { positions, colors } = upload(mark.id, array, classes, markColor(mark, theme));
    gl!.bindBuffer(gl!.ARRAY_BUFFER, positions);
    gl!.enableVertexAttribArray(positionSlot);
    const step = isPoints ? every : 1;
    gl!.vertexAttribPointer(positionSlot, 2, gl!.FLOAT, false, 8 * step, 0);
    if (classes && colors) {
      gl!.bindBuffer(gl!.ARRAY_BUFFER, colors);
      gl!.enableVertexAttribArray(colorSlot);
      gl!.vertexAttribPointer(colorSlot, 3, gl!.UNSIGNED_BYTE, true, 3 * step, 0);
    } else {
      gl!.disableVertexAttribArray(colorSlot);
      gl!.vertexAttrib3f(colorSlot, ...channels(markColor(mark, theme)));
    }
    gl!.uniform1f(opacity!, mark.opacity);
    gl!.uniform1i(round!, isPoints ? 1 : 0);
    gl!.uniform1f(size!, isPoints ? 2 * mark.radius * pixelRatio + 1 : 1);
    gl!.drawArrays(isPoints ? gl!.POINTS : gl!.LINES, 0, Math.ceil(array.length / 2 / step));
  }

  return {
    draw(marks, view, frame, theme, pixelRatio, every = 1) {
      const { width, height } = inner(frame);
      const { left, bottom } = frame.margin;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.disable(gl.SCISSOR_TEST);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.viewport(left * pixelRatio, bottom * pixelRatio, width * pixelRatio, height * pixelRatio);
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(left * pixelRatio, bottom * pixelRatio, width * pixelRatio, height * pixelRatio);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      gl.useProgram(program);
      const kx = 2 / (view.x[1] - view.x[0]);
      const ky = 2 / (view.y[1] - view.y[0]);
      gl.uniform2f(scale!, kx, ky);
      gl.uniform2f(offset!, -1 - view.x[0] * kx, -1 - view.y[0] * ky);
      const present = new Set(marks.map((mark) => mark.id));
      for (const id of [...uploads.keys()]) if (!present.has(id)) forget(id);
      for (const mark of marks) drawMark(mark, theme, pixelRatio, every);
    },
    close() {
      for (const id of [...uploads.keys()]) forget(id);
      gl.deleteProgram(program);
      // Browsers keep only a few contexts alive; free this one now rather than at garbage collection.
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

function classBytes(classes: Int32Array, base: string): Uint8Array {
  const bytes = new Uint8Array(classes.length * 3);
  const known = new Map<number, [number, number, number]>();
  for (let i = 0; i < classes.length; i++) {
    const code = classes[i]!;
    let rgb = known.get(code);
    if (!rgb) known.set(code, (rgb = channels(code < 0 ? base : classColor(code))));
    bytes.set([rgb[0] * 255, rgb[1] * 255, rgb[2] * 255], 3 * i);
  }
  return bytes;
}

function link(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}
