/** @file The options of a session act: large graphs come from the cache with equal bits, and MONGE_DEBUG tells where time goes. */
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { adamw, encodeModel, float32, initialState, matmul, toOnnx, trace } from '../../native-models';
import { toyFeeds, toyNetwork, toyProgram } from '../../native-models/testing/toy-program';
import { DEBUG_VARIABLE } from './debug';
import { openCompute } from './session';
import type { Feeds, HostTensor } from '../contract/compute';
import { requireWebGpu } from './testing/webgpu';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function feedsOf(program: ReturnType<typeof toyProgram>): Feeds {
  const values = { ...initialState(program, toyNetwork.initialise(1)), ...toyFeeds(program, 0) };
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]): [string, HostTensor] => [
      name,
      { type: 'float32', data: Float32Array.from(data), dims: shape },
    ]),
  );
}

describe('the options of a session', () => {
  it('let threads sleep between runs: long spinning is the default, and its processor time is gone', async () => {
    const graph = trace('product', { x: float32(384, 384) }, ({ x }) => ({ y: matmul(x!, x!) }));
    const data = new Float32Array(384 * 384).fill(0.5);
    /** Processor time of all threads while runs and pauses alternate, as a share of that of the runs alone. */
    const idle = async (run: () => Promise<unknown>) => {
      let inRuns = 0;
      const spent = () => process.cpuUsage().user + process.cpuUsage().system;
      let start = 0;
      for (let k = 0; k < 120; k++) {
        // The first rounds pay for the warming up of everything else.
        if (k === 20) [start, inRuns] = [spent(), 0];
        const before = spent();
        await run();
        inRuns += spent() - before;
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      return spent() - start - inRuns;
    };
    const compute = openCompute({ threads: 2 });
    const ours = await compute.open(toOnnx(graph));
    const plain = await InferenceSession.create(toOnnx(graph), { intraOpNumThreads: 2 });
    const sleeping = await idle(() => ours.run({ x: { type: 'float32', data, dims: [384, 384] } }));
    const spinning = await idle(() => plain.run({ x: new Tensor('float32', data, [384, 384]) }));
    expect(sleeping).toBeLessThan(spinning / 2);
    await compute.close();
    await plain.release();
  });

  it('strict refuses a node that WebGPU has no kernel for, which else runs on the CPU', async (context) => {
    await requireWebGpu(context);
    const vector = (name: string) => ({
      name,
      type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } },
    });
    const model = encodeModel({
      irVersion: 10,
      opsetImport: [{ domain: '', version: 21 }],
      graph: {
        name: 'sign',
        node: [{ opType: 'Sign', name: 'sign', input: ['x'], output: ['y'] }],
        input: [vector('x')],
        output: [vector('y')],
      },
    });
    const compute = openCompute({ threads: 1 });
    await expect(compute.open(model, { device: 'webgpu', strict: true })).rejects.toMatchObject({
      code: 'session-create-failed',
    });
    const session = await compute.open(model, { device: 'webgpu' });
    const { y } = await session.run({ x: { type: 'float32', data: Float32Array.of(-3, 2), dims: [2] } });
    expect([...y!.data]).toEqual([-1, 1]);
    await compute.close();
  });
});

describe('the cache of optimised models', () => {
  const program = toyProgram(adamw(), 30, 'straight');

  it('serves a large graph the second time, with the same bits, and survives damage', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'monge-cache-'));
    const compute = openCompute({ threads: 1, cache: { folder } });
    const run = async () => {
      const session = await compute.open(program.model, { label: 'large' });
      const outputs = await session.run(feedsOf(program));
      await session.close();
      return outputs;
    };
    const plain = openCompute({ threads: 1 });
    const expected = await (await plain.open(program.model)).run(feedsOf(program));
    expect(await run()).toEqual(expected);
    const [name, ...others] = await readdir(folder);
    expect(others).toEqual([]);
    const path = join(folder, name!);
    const used = async () => (await stat(path)).mtimeMs;
    await utimes(path, new Date(0), new Date(0));
    expect(await run()).toEqual(expected);
    expect(await used(), 'marked as used').toBeGreaterThan(0);
    const { size } = await stat(path);
    await writeFile(path, 'damaged');
    expect(await run()).toEqual(expected);
    expect((await stat(path)).size, 'made anew').toBe(size);
    await compute.close();
    await plain.close();
    await rm(folder, { recursive: true });
  });

  it('leaves small graphs alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'monge-cache-'));
    const compute = openCompute({ threads: 1, cache: { folder } });
    await compute.open(toyProgram(adamw(), 1).model);
    await compute.close();
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});

describe('MONGE_DEBUG', () => {
  const program = toyProgram(adamw(), 4);

  async function told(level: string): Promise<string> {
    vi.stubEnv(DEBUG_VARIABLE, level);
    let text = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((part) => {
      text += String(part);
      return true;
    });
    const compute = openCompute({ threads: 1 });
    const session = await compute.open(program.model, { label: 'toy training' });
    await session.run(feedsOf(program));
    await session.run(feedsOf(program));
    await compute.close();
    vi.restoreAllMocks();
    return text;
  }
  const profiles = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('monge-profile-')).length;

  it('says nothing by default and at the levels that are for programs', async () => {
    expect(await told('')).toBe('');
    expect(await told('2')).toBe('');
  });

  it('3 lists where nodes ran', async () => {
    const text = await told('3');
    expect(text).toMatch(/^\[monge\] toy training \(cpu\)\n {2}on CPU: \d{2,} nodes\n$/);
  });

  it('4 adds the time by operation and by scope, and leaves no file', async () => {
    const before = await profiles();
    const text = await told('4');
    expect(text).toContain('in kernels over 2 runs');
    expect(text).toMatch(/time by operation\n(.*\n)* +[\d.]+ ms +\d+ % +\d+ × {2}Mul\n/);
    // The gradient of the loss is taken in each of 2 × 4 steps.
    expect(text).toMatch(/time by scope\n(.*\n)* +[\d.]+ ms +\d+ % +\d+ × {2}adamw/);
    expect(text).not.toMatch(/× {2}Loop\n/);
    expect(await profiles()).toBe(before);
  });

  it('refuses a level that is none, when a model is opened', async () => {
    vi.stubEnv(DEBUG_VARIABLE, 'verbose');
    const compute = openCompute({ threads: 1 });
    await expect(compute.open(program.model)).rejects.toMatchObject({ code: 'debug-level' });
  });
});
