/** @file Training with its state in GPU buffers: the numbers of the CPU, no memory left behind, and no step lost when the GPU is. */
import { describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import { expectClose } from '../../native-models/testing/expect-close';
import { openCompute } from '../compute/session';
import { toyTraining } from './testing/toy-training';
import { requireWebGpu } from '../compute/testing/webgpu';
import type { Training } from './training';
import type { Compute, Session } from '../contract/compute';

/** Sessions as `change` makes them of those that were opened. */
function wrapped(compute: Compute, change: (session: Session) => Session): Compute {
  return {
    notices: compute.notices,
    threads: compute.threads,
    open: async (model, options = {}) => change(await compute.open(model, options)),
  };
}

const strictly = (compute: Compute): Compute => ({
  ...compute,
  open: (model, options) => compute.open(model, { ...options, strict: true }),
});

async function losses(training: Training, from: number, to: number): Promise<number[]> {
  const all: number[] = [];
  while (from + all.length < to) all.push(...(await training.advance(from + all.length, to)).metrics.loss!);
  return all;
}

describe('the state in GPU buffers', () => {
  it('follows the trajectory of the CPU, with no node on the CPU, in runs of 1, 2 and 4 steps', async (context) => {
    await requireWebGpu(context);
    const compute = openCompute({ threads: 1 });
    const gpu = toyTraining(strictly(compute), { device: 'webgpu' });
    const cpu = toyTraining(compute);
    const sizes: number[] = [];
    const seen: number[] = [];
    while (seen.length < 20) {
      const { metrics, steps } = await gpu.advance(seen.length, Math.min(20, seen.length + 6));
      seen.push(...metrics.loss!);
      sizes.push(steps);
    }
    expectClose(seen, await losses(cpu, 0, 20), { rtol: 1e-3 });
    expect(new Set(sizes)).toEqual(new Set([1, 2, 4]));
    const state = await gpu.state();
    const expected = await cpu.state();
    // The CPU packs the parameters into one vector, in the order of the program's layout.
    for (const group of ['parameters', 'ema', 'moment1', 'moment2']) {
      const parts = gpu.program.layout.entries.map(({ name }) => [...state[`${group}/${name}`]!.data]);
      expectClose(parts.flat(), expected[group]!.data, { rtol: 1e-3, atol: 1e-4 });
    }
    expect(state.step!.data).toEqual(Float32Array.of(20));
    // Asking for the state changes nothing of what follows.
    expectClose(await losses(gpu, 20, 24), await losses(cpu, 20, 24), { rtol: 1e-3 });
    await gpu.close();
    await cpu.close();
    await compute.close();
  });

  it('stays there between runs and is released: one state at a time, and no memory grows over 60 steps', async (context) => {
    await requireWebGpu(context);
    const compute = openCompute({ threads: 1 });
    let [alive, most, fed] = [0, 0, 0];
    const counting = wrapped(compute, (session) => ({
      ...session,
      device: session.device,
      async runKeeping(feeds) {
        fed += Object.values(feeds).filter((tensor) => 'location' in tensor).length;
        const result = await session.runKeeping(feeds);
        for (const tensor of Object.values(result.kept)) {
          most = Math.max(most, ++alive);
          const release = tensor.release.bind(tensor);
          // On the object itself, as sessions know their values by identity.
          tensor.release = () => {
            alive--;
            return release();
          };
        }
        return result;
      },
    }));
    const training = toyTraining(counting, { device: 'webgpu', now: () => performance.now() });
    const tensors = Object.keys(training.program.state).length;
    await losses(training, 0, 20);
    const before = process.memoryUsage().rss;
    await losses(training, 20, 80);
    const grown = process.memoryUsage().rss - before;
    expect([alive, most]).toEqual([tensors, 2 * tensors]);
    expect(fed, 'every run but the first is fed from the GPU').toBeGreaterThan(20 * tensors);
    expect(grown).toBeLessThan(24e6);
    await training.close();
    expect(alive).toBe(0);
    await compute.close();
  });
});

describe('when the GPU fails', () => {
  /** A GPU that is lost at the given run of the training, with all that was on it. */
  function failingAt(run: number, compute: Compute): Compute {
    let runs = 0;
    return {
      notices: compute.notices,
      threads: compute.threads,
      async open(model, options) {
        const session = await compute.open(model, options);
        let instead: Session | null = null;
        return {
          ...session,
          get device() {
            return (instead ?? session).device;
          },
          async runKeeping(feeds) {
            if (instead || session.device === 'cpu' || ++runs !== run)
              return (instead ?? session).runKeeping(feeds);
            instead = await compute.open(model, { ...options, device: 'cpu' });
            throw new MongeError({ code: 'device-lost', what: 'pulled out' });
          },
        };
      },
    };
  }

  it.for([1, 6])('at run %i, the steps since the last copy are repeated on the CPU', async (run, context) => {
    await requireWebGpu(context);
    const compute = openCompute({ threads: 1 });
    const training = toyTraining(failingAt(run, compute), { device: 'webgpu' });
    const seen = await losses(training, 0, 9);
    await training.state();
    seen.push(...(await losses(training, 9, 30)));
    const cpu = toyTraining(compute);
    expectClose(seen, await losses(cpu, 0, 30), { rtol: 1e-3 });
    expect((await training.state()).step!.data).toEqual(Float32Array.of(30));
    await training.close();
    await cpu.close();
    await compute.close();
  });

  it('a session whose values were on it says so, and works on on the CPU', async (context) => {
    await requireWebGpu(context);
    const devices: string[] = [];
    const compute = openCompute({ threads: 1, onDevice: (device) => devices.push(device) });
    const { program } = toyTraining(compute, { device: 'webgpu' });
    const session = await compute.open(program.model, {
      device: 'webgpu',
      keep: ['next.step'],
      label: 'kept',
    });
    await expect(session.run({})).rejects.toMatchObject({ code: 'outputs-kept' });
    const types = { ...program.state, ...program.stream, ...program.schedule, ...program.hyper };
    const feeds = Object.fromEntries(
      Object.entries(types).map(([name, { shape }]) => {
        const dims = shape as number[];
        return [
          name,
          { type: 'float32' as const, dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) },
        ];
      }),
    );
    const { host, kept } = await session.runKeeping(feeds);
    expect(Object.keys(kept)).toEqual(['next.step']);
    expect(host.loss!.data).toHaveLength(1);
    const step = kept['next.step']!;
    expect(step).toMatchObject({ location: 'device', type: 'float32', dims: [] });
    // A scalar where a batch should be: the GPU fails, and with it the value.
    await expect(session.runKeeping({ ...feeds, x: step })).rejects.toMatchObject({ code: 'device-lost' });
    expect(session.device).toBe('cpu');
    expect(compute.notices).toHaveLength(1);
    expect(devices).toEqual(['webgpu', 'cpu']);
    expect((await session.runKeeping(feeds)).kept).toEqual({});
    await step.release();
    await step.release();
    await expect(session.runKeeping({ ...feeds, step })).rejects.toMatchObject({
      code: 'tensor-released',
      detail: { where: { tensor: 'step' } },
    });
    await compute.close();
  });
});

it('without a GPU the driver trains on the CPU from the start, with one notice', async () => {
  const compute = openCompute({ threads: 1 });
  const absent = wrapped(compute, (session) => session);
  const training = toyTraining(
    { ...absent, open: (model, options) => absent.open(model, { ...options, device: 'cpu' }) },
    { device: 'webgpu' },
  );
  const cpu = toyTraining(compute);
  expectClose(await losses(training, 0, 12), await losses(cpu, 0, 12), { rtol: 1e-5 });
  await training.close();
  await cpu.close();
  await compute.close();
});
