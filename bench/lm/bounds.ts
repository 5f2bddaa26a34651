/** @file What the machine allows, measured with the runtime's own product: reading weights for one token, and multiplying for many. */
import type { Compute } from '../../main/contract/compute';
import { encodeModel, GraphBuilder, stream } from '../../native-models';

const WIDTH = 576;
const COLUMNS = 1536;
const MATRICES = 48;
const PROMPT = 512;

/** Bytes of weights a second with one token, and floating point operations a second with 512, both in billions. */
export async function measureBounds(compute: Compute): Promise<Record<string, number>> {
  const graph = new GraphBuilder();
  graph.input('x', 'float32', ['tokens', WIDTH]);
  for (let k = 0; k < MATRICES; k++) {
    const data = stream(k, 'bench/weights').normal(new Float32Array(WIDTH * COLUMNS));
    const weight = graph.tensor(`w_${k}`, { data, shape: [COLUMNS, WIDTH] });
    graph.output(graph.node('Gemm', ['x', weight], { transB: 1 }), 'float32', ['tokens', COLUMNS]);
  }
  const opset = [{ domain: '', version: 23 }];
  const model = { irVersion: 10, opsetImport: opset, graph: graph.graph('bounds') };
  const session = await compute.open(encodeModel(model), { label: 'bounds' });
  const best = async (tokens: number): Promise<number> => {
    const x = {
      type: 'float32',
      data: new Float32Array(tokens * WIDTH).fill(1),
      dims: [tokens, WIDTH],
    } as const;
    let least = Infinity;
    for (let repeat = 0; repeat < 12; repeat++) {
      const begin = performance.now();
      await session.run({ x });
      least = Math.min(least, (performance.now() - begin) / 1000);
    }
    return least;
  };
  const weights = MATRICES * WIDTH * COLUMNS;
  const gigabytesPerSecond = (4e-9 * weights) / (await best(1));
  const gigaflops = (2e-9 * weights * PROMPT) / (await best(PROMPT));
  await session.close();
  return { gigabytesPerSecond, gigaflops };
}
