/** @file Sessions: values in and out, errors that name the tensor, and a visible fall back where a device is missing. */
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../../native-models';
import { GraphBuilder } from '../../native-models/onnx/builder';
import { modelOf } from '../../native-models/zoo/language/language-graph';
import { listDevices } from './devices';
import { createGpuLock, withGpuLock } from './gpu-lock';
import { openCompute } from './session';
import type { HostTensor } from '../contract/compute';

// y = x + x for one float32: IR 10, opset 21 (the device probe's model).
const twice = new Uint8Array(
  Buffer.from(
    'CAo6OgoTCgF4CgF4EgF5GgNhZGQiA0FkZBIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBU=',
    'base64',
  ),
);
const x = (value: number): HostTensor => ({ type: 'float32', data: Float32Array.of(value), dims: [1] });

describe('a CPU session', () => {
  const compute = openCompute({ threads: 1 });

  it('computes, also from memory shared between threads, and two calls at once take turns', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(twice.length));
    shared.set(twice);
    const session = await compute.open(shared, { label: 'doubling' });
    expect(session).toMatchObject({ device: 'cpu', inputNames: ['x'], outputNames: ['y'] });
    const values = new Float32Array(new SharedArrayBuffer(4));
    values[0] = 3;
    const [first, second] = await Promise.all([
      session.run({ x: { type: 'float32', data: values, dims: [1] } }),
      session.run({ x: x(5) }),
    ]);
    expect([first['y']!.data[0], second['y']!.data[0]]).toEqual([6, 10]);
    await session.close();
    await session.close();
    await expect(session.run({ x: x(1) })).rejects.toMatchObject({ code: 'session-closed' });
  });

  it('takes numbers too small to be normal for zero, so that the option is known to act', async () => {
    const session = await compute.open(twice);
    expect((await session.run({ x: x(1e-40) }))['y']!.data[0]).toBe(0);
  });

  it('names what is wrong with its inputs before native code sees them', async () => {
    const session = await compute.open(twice, { label: 'doubling' });
    const refused = (feeds: Record<string, HostTensor>) => expect(session.run(feeds)).rejects;
    await refused({}).toMatchObject({
      code: 'feeds-missing',
      detail: { where: { op: 'doubling', tensor: 'x' } },
    });
    await refused({ x: x(1), z: x(1) }).toMatchObject({ code: 'feeds-unknown' });
    await refused({ x: { ...x(1), dims: [2] } }).toMatchObject({ code: 'tensor-shape' });
    await refused({ x: { ...x(1), type: 'int64' } }).toMatchObject({ code: 'tensor-type' });
    const wrongForModel: HostTensor = { type: 'int32', data: Int32Array.of(1), dims: [1] };
    await refused({ x: wrongForModel }).toMatchObject({ code: 'session-run-failed' });
    expect((await session.run({ x: x(2) }))['y']!.data[0], 'still usable').toBe(4);
  });

  it('gives only the outputs asked for, and writes them where it is told, even over what it was fed', async () => {
    const graph = new GraphBuilder();
    graph.input('x', 'float32', ['n']);
    graph.output(graph.node('Add', ['x', 'x'], {}, { name: 'twice' }), 'float32', ['n']);
    graph.output(graph.node('Mul', ['x', 'x'], {}, { name: 'square' }), 'float32', ['n']);
    const session = await compute.open(encodeModel(modelOf(graph.graph('two outputs'))), {
      graphLevel: 'basic',
    });
    const fed: HostTensor = { type: 'float32', data: Float32Array.of(3, 4), dims: [2] };
    expect(Object.keys(await session.run({ x: fed }, { outputs: ['square'] }))).toEqual(['square']);
    const into: HostTensor = { type: 'float32', data: new Float32Array(2), dims: [2] };
    await session.run({ x: fed }, { outputs: [], into: { twice: into } });
    expect([...into.data]).toEqual([6, 8]);
    await session.run({ x: fed }, { outputs: [], into: { square: fed } });
    expect([...fed.data], 'in place').toEqual([9, 16]);
    await expect(session.run({ x: fed }, { outputs: ['cube'] })).rejects.toMatchObject({
      code: 'outputs-unknown',
      detail: { where: { tensor: 'cube' } },
    });
    const short: HostTensor = { type: 'float32', data: new Float32Array(1), dims: [1] };
    await expect(session.run({ x: fed }, { outputs: [], into: { twice: short } })).rejects.toMatchObject({
      code: 'session-run-failed',
    });
  });

  it.each([
    ['no model', new Uint8Array(0)],
    ['half a model', twice.subarray(0, 30)],
    ['something else', new TextEncoder().encode('a,b\n1,2\n')],
  ])('does not open %s', async (_what, bytes) => {
    await expect(compute.open(bytes, { label: 'broken' })).rejects.toMatchObject({
      code: 'session-create-failed',
      detail: { where: { op: 'broken' } },
    });
  });

  it('closes with its compute what was left open', async () => {
    const session = await compute.open(twice);
    await compute.close();
    await expect(session.run({ x: x(1) })).rejects.toMatchObject({ code: 'session-closed' });
  });
});

describe('asking for WebGPU', () => {
  let available: boolean;
  beforeAll(async () => {
    const statuses = await listDevices();
    expect(statuses[0]).toEqual({ device: 'cpu', available: true });
    const gpu = statuses.find((status) => status.device === 'webgpu')!;
    available = gpu.available;
    expect(gpu.available || (gpu.reason ?? '').length > 10, 'a missing device has a reason').toBe(true);
  });

  it('gives it where it is there, else the CPU and one notice that says why', async () => {
    const told: string[] = [];
    const devices: string[] = [];
    const compute = openCompute({
      threads: 1,
      onNotice: (message) => told.push(message),
      onDevice: (device) => devices.push(device),
    });
    for (const value of [1, 2]) {
      const session = await compute.open(twice, { device: 'webgpu' });
      expect(session.device).toBe(available ? 'webgpu' : 'cpu');
      expect((await session.run({ x: x(value) }))['y']!.data[0]).toBe(2 * value);
    }
    expect(devices).toEqual(Array(2).fill(available ? 'webgpu' : 'cpu'));
    expect(told).toEqual(compute.notices);
    expect(told).toHaveLength(available ? 0 : 1);
    if (!available) expect(told[0]).toMatch(/^WebGPU could not be started \(.+\); running on the CPU$/);
    await compute.close();
  });

  it('strictly fails where it is missing instead of changing the device', async () => {
    const compute = openCompute({ threads: 1 });
    const opening = compute.open(twice, { device: 'webgpu', strict: true });
    if (available) expect((await opening).device).toBe('webgpu');
    else await expect(opening).rejects.toMatchObject({ code: 'session-create-failed' });
    expect(compute.notices).toEqual([]);
    await compute.close();
  });
});

it('lets one user at a time hold the GPU', async () => {
  const lock = createGpuLock();
  let inside = 0;
  let most = 0;
  const use = () =>
    withGpuLock(lock, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside--;
    });
  await Promise.all([use(), use(), use()]);
  await expect(withGpuLock(lock, () => Promise.reject(new Error('lost device')))).rejects.toThrow('lost');
  await use();
  expect(most).toBe(1);
});
