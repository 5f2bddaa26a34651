/** @file Whether ONNX Runtime's blocked convolution kernels can be used here, found out by trying them. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { conv, encodeModel, float32, toOnnx, trace } from '../../native-models';

const DOMAIN = 'com.microsoft.nchwc';
/** Enough channels for two blocks of any size there is. */
const CHANNELS = 64;

let found: Promise<number | undefined> | undefined;

/**
 * How many channels the kernels put in a block on this processor: 8 or 16, or undefined where the runtime has no such
 * kernels or they do not give the right numbers. Looked for once.
 */
export function channelBlock(): Promise<number | undefined> {
  found ??= probe().catch(() => undefined);
  return found;
}

async function probe(): Promise<number | undefined> {
  const block = await blockSize();
  if (block === undefined || CHANNELS % block !== 0) return undefined;
  return (await agrees(block)) ? block : undefined;
}

/** Reorders channel numbers and looks how many stand together at the first pixel. */
async function blockSize(): Promise<number | undefined> {
  const value = (name: string, wide: number) => ({
    name,
    type: {
      tensorType: {
        elemType: 1,
        shape: { dim: [1, CHANNELS, 1, wide].map((dimValue) => ({ dimValue })) },
      },
    },
  });
  const model = encodeModel({
    irVersion: 10,
    opsetImport: [
      { domain: '', version: 21 },
      { domain: DOMAIN, version: 1 },
    ],
    graph: {
      name: 'probe',
      node: [{ domain: DOMAIN, opType: 'ReorderInput', name: 'reorder', input: ['x'], output: ['y'] }],
      input: [value('x', 2)],
      output: [value('y', 2)],
    },
  });
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  try {
    const x = Float32Array.from({ length: 2 * CHANNELS }, (_, at) => Math.floor(at / 2));
    const { y } = await session.run({ x: new Tensor('float32', x, [1, CHANNELS, 1, 2]) });
    const order = Array.from(y!.data as Float32Array);
    const together = order.findIndex((channel, at) => channel !== at);
    return together > 1 ? together : undefined;
  } finally {
    await session.release();
  }
}

/** Whether a convolution of two blocks gives what the plain kernel gives. */
async function agrees(block: number): Promise<boolean> {
  const shapes = { x: [1, 2 * block, 4, 5], w: [2 * block, 2 * block, 3, 3] };
  const graph = trace('probe', { x: float32(...shapes.x), w: float32(...shapes.w) }, ({ x, w }) => ({
    y: conv(x!, w!, { padding: 1 }),
  }));
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const data = Float32Array.from({ length: size }, (_, at) => ((at * 37) % 101) / 101 - 0.5);
      return [name, new Tensor('float32', data, shape)];
    }),
  );
  const results: Float32Array[] = [];
  for (const options of [{}, { channelBlock: block }]) {
    const session = await InferenceSession.create(toOnnx(graph, options), { logSeverityLevel: 4 });
    try {
      results.push((await session.run(feeds)).y!.data as Float32Array);
    } finally {
      await session.release();
    }
  }
  const [plain, blocked] = results as [Float32Array, Float32Array];
  return plain.every((value, at) => Math.abs(value - blocked[at]!) <= 1e-4 * (1 + Math.abs(value)));
}
