/** @file Lanes as a method uses them: the same numbers as in place, at the same time, and errors that arrive. */
import { afterAll, describe, expect, it } from 'vitest';
import { add, constant, float32, matmul, toOnnx, trace } from '../../native-models';
import { openCompute } from './session';
import type { HostTensor } from '../contract/compute';

const workerUrl = new URL('../../out/main/worker.js', import.meta.url);
const compute = openCompute({ threads: 2, workerUrl });
afterAll(() => compute.close());

const model = toOnnx(
  trace('product', { x: float32('rows', 3) }, ({ x }) => ({
    y: add(matmul(x!, constant(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2])), 1),
  })),
);
const feeds = (first: number): { x: HostTensor } => ({
  x: { type: 'float32', data: Float32Array.of(first, 0, 1), dims: [1, 3] },
});

describe('lanes', () => {
  it('give what the place itself gives, each its own runs', async () => {
    const lanes = await compute.lanes!(2);
    expect(lanes).toHaveLength(2);
    const sessions = await Promise.all([compute, ...lanes].map((place) => place.open(model)));
    expect(sessions[1]!.inputNames).toEqual(['x']);
    const answers = await Promise.all(sessions.map((session, k) => session.run(feeds(k))));
    expect(answers.map(({ y }) => [...(y!.data as Float32Array)])).toEqual([
      [6, 7],
      [7, 9],
      [8, 11],
    ]);
    for (const session of sessions) await session.close();
  });

  it('are the same when asked for again, and never more than the threads', async () => {
    const first = await compute.lanes!(1);
    const more = await compute.lanes!(50);
    expect(more).toHaveLength(2);
    expect(more[0]).toBe(first[0]);
  });

  it('pass on why a model could not be run', async () => {
    const [lane] = await compute.lanes!(1);
    const session = await lane!.open(model, { label: 'product' });
    await expect(session.run({})).rejects.toMatchObject({ code: 'feeds-missing' });
    await session.close();
    await expect(session.run(feeds(0))).rejects.toMatchObject({ code: 'session-closed' });
    await expect(lane!.open(new Uint8Array(4))).rejects.toMatchObject({ code: 'session-create-failed' });
    await expect(lane!.open(model, { device: 'webgpu' })).rejects.toMatchObject({ code: 'lane-device' });
  });
});

it('without threads the lane is the place itself', async () => {
  const alone = openCompute({ threads: 2 });
  expect(await alone.lanes!(2)).toEqual([alone]);
  await alone.close();
});
