/** @file TarFlow: the identity at the start, an exact inverse, a triangular Jacobian with the log-determinant it claims. */
import { describe, expect, it } from 'vitest';
import { evaluate, type HostArray } from '../evaluate/evaluate';
import { float32, int32 } from '../ir/types';
import { stream } from '../random/stream';
import { expectClose } from '../testing/expect-close';
import { farFromIdentity, tarflowRoundTrip } from '../testing/tarflow-round-trip';
import { trace } from '../trace/trace';
import { inferenceGraph } from '../train/inference';
import { tarflow, type TarflowOptions } from './tarflow';
import { tarflowDecoder } from './tarflow-inverse';

const SMALL: TarflowOptions = {
  channels: 2,
  height: 4,
  columns: 2,
  patch: 1,
  width: 8,
  blocks: 3,
  layers: 2,
  headWidth: 4,
  expansion: 2,
};

function images(batch: number, seed: number): HostArray {
  const data = stream(seed, 'images').normal(new Float32Array(batch * 16));
  return { data, shape: [batch, 2, 4, 2] };
}

describe('TarFlow', () => {
  it('starts as the identity: noise is the image in patches, and the log-determinant 0', () => {
    const model = tarflow(SMALL);
    const initial = model.initialise(5);
    const graph = trace('start', { ...model.parameters, images: float32(2, 2, 4, 2) }, (inputs) => ({
      ...model.forward(inputs, inputs.images!),
    }));
    const given = images(2, 1);
    const weights = Object.fromEntries(
      Object.entries(initial).map(([name, data]) => [
        name,
        { data, shape: model.parameters[name]!.shape as number[] },
      ]),
    );
    const { z, logDet } = evaluate(graph, { ...weights, images: given });
    // Patches of side 1: token i is the pixel i of both channels.
    const tokens = Array.from({ length: 32 }, (_, at) => {
      const [row, token, channel] = [Math.floor(at / 16), Math.floor(at / 2) % 8, at % 2];
      return given.data[row * 16 + channel * 8 + token]!;
    });
    expect(Array.from(z!.data)).toEqual(tokens);
    expect(Array.from(logDet!.data, Math.abs)).toEqual([0, 0]);
  });

  it.each([
    ['without classes', undefined, [0, 0, 0]],
    ['with classes and a dropped label', 3, [2, -1, 0]],
  ])('%s is inverted exactly', (_title, classes, labels) => {
    const { graph, parameters } = tarflowRoundTrip({ ...SMALL, classes }, 'float64', 3);
    const given = images(3, 2);
    const results = evaluate(graph, {
      ...parameters,
      images: given,
      labels: { data: labels, shape: [3] },
    });
    expect(results.restored!.shape).toEqual([3, 2, 4, 2]);
    expectClose(results.restored!.data, given.data, { atol: 1e-10 });
    expect(Math.max(...results.logDet!.data.map(Math.abs))).toBeGreaterThan(0.01);
  });

  it('gives a dropped label the mean of the class embeddings, not that of class 0', () => {
    const { graph, parameters } = tarflowRoundTrip({ ...SMALL, classes: 3 }, 'float64', 1);
    const given = images(1, 2);
    const run = (label: number, change: Record<string, HostArray> = {}) =>
      evaluate(graph, { ...parameters, ...change, images: given, labels: { data: [label], shape: [1] } }).z!
        .data;
    const averaged = Object.fromEntries(
      Object.entries(parameters).flatMap(([name, { data, shape }]) => {
        if (!name.endsWith('class_embedding.weight')) return [];
        const width = shape[1]!;
        const mean = Float64Array.from(
          { length: data.length },
          (_, at) => (data[at % width]! + data[width + (at % width)]! + data[2 * width + (at % width)]!) / 3,
        );
        return [[name, { data: mean, shape }]];
      }),
    );
    expectClose(run(-1), run(0, averaged), { atol: 1e-12 });
    expect(Array.from(run(-1))).not.toEqual(Array.from(run(0)));
  });

  it('reports the log-determinant of its Jacobian per value', () => {
    // Central differences in double precision; every block's Jacobian is triangular up to the order of tokens.
    const { model, graph, parameters } = tarflowRoundTrip(SMALL, 'float64', 1);
    const run = (data: ArrayLike<number>) =>
      evaluate(graph, {
        ...parameters,
        images: { data, shape: [1, 2, 4, 2] },
        labels: { data: [0], shape: [1] },
      });
    const start = Float64Array.from(images(1, 3).data);
    const step = 1e-5;
    const columns = Array.from(start, (_, at) => {
      const moved = (sign: number) =>
        run(start.map((value, other) => value + (other === at ? sign * step : 0)));
      const [above, below] = [moved(1).z!.data, moved(-1).z!.data];
      return Array.from(above, (value, row) => (value - below[row]!) / (2 * step));
    });
    const size = model.tokens * model.values;
    expectClose(run(start).logDet!.data, [logDeterminant(columns) / size], { atol: 1e-7 });
  });

  it('exports the generating direction', () => {
    const model = tarflow({ ...SMALL, classes: 3 });
    const parameters = Object.fromEntries(
      Object.entries(farFromIdentity(model)).map(([name, { data, shape }]) => [
        name,
        { data: Float32Array.from(data), shape },
      ]),
    );
    const noise = { data: stream(4, 'z').normal(new Float32Array(32)), shape: [2, 8, 2] };
    const labels = { data: [1, -1], shape: [2] };
    const decoder = inferenceGraph({ name: 'decoder', parameters, ...tarflowDecoder(model) });
    const generated = evaluate(decoder, { z: noise, labels }).images!;
    const types = { ...model.parameters, images: float32(2, 2, 4, 2), labels: int32(2) };
    const encoder = trace('encoder', types, (given) => ({
      z: model.forward(given, given.images!, given.labels).z,
    }));
    const back = evaluate(encoder, { ...parameters, images: generated, labels }).z!;
    expectClose(back.data, noise.data, { atol: 1e-6 });
  });
});

/** log|det| by elimination with the largest pivots. */
function logDeterminant(rows: number[][]): number {
  const left = rows.map((row) => [...row]);
  let total = 0;
  for (let at = 0; at < left.length; at++) {
    let best = at;
    for (let row = at + 1; row < left.length; row++)
      if (Math.abs(left[row]![at]!) > Math.abs(left[best]![at]!)) best = row;
    [left[at], left[best]] = [left[best]!, left[at]!];
    const pivot = left[at]!;
    total += Math.log(Math.abs(pivot[at]!));
    for (let row = at + 1; row < left.length; row++) {
      const factor = left[row]![at]! / pivot[at]!;
      for (let column = at; column < left.length; column++) left[row]![column]! -= factor * pivot[column]!;
    }
  }
  return total;
}
