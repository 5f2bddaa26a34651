/** @file Every operation where it says it works: in double precision on the CPU, and on WebGPU alone in strict mode. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  declaredOps,
  evaluate,
  toOnnx,
  type HostArray,
  type OpCase,
  type OpDefinition,
} from '../../native-models';
import {
  caseGraph,
  caseTypes,
  caseValues,
  fitsWebGpu,
  withElementType,
} from '../../native-models/testing/op-cases';
import { expectClose } from '../../native-models/testing/expect-close';
import { feeds, numbers } from './testing/runtime-feeds';
import { requireWebGpu } from './testing/webgpu';

const rows = declaredOps().flatMap((op) =>
  op.cases.map((sample, position) => ({ op, sample, title: `${op.name} case ${position + 1}` })),
);

async function compare(
  op: OpDefinition,
  sample: OpCase<never>,
  target: 'cpu' | 'webgpu',
  tolerance: { rtol: number; atol: number },
): Promise<void> {
  const graph = caseGraph(op, sample);
  const values: Record<string, HostArray> = caseValues(op, sample);
  const session = await ort.InferenceSession.create(toOnnx(graph, { target }), {
    executionProviders: [target],
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: target === 'webgpu' ? { session: { disable_cpu_ep_fallback: '1' } } : {},
  });
  try {
    const results = await session.run(feeds(values, caseTypes(sample)));
    const expected = evaluate(graph, values);
    for (const { name, tensor } of graph.outputs) {
      expect(results[name]!.type).toBe(tensor.dtype);
      expectClose(numbers(results[name]!), expected[name]!.data, tolerance);
    }
  } finally {
    await session.release();
  }
}

// A loop's body has element types of its own.
const flat = rows.filter(({ sample }) => sample.attributes.body === undefined);

describe.each(flat)('$title in double precision', ({ op, sample }) => {
  const doubles = withElementType(sample, 'float64') as OpCase<never>;
  const run = () => compare(op, doubles, 'cpu', { rtol: 1e-12, atol: 1e-13 });
  if (op.float64) it('has no form, as it says', () => expect(run()).rejects.toThrow());
  else it('equals the reference to 1e-12', run);
});

describe('on WebGPU', () => {
  it.for(rows.filter(({ op, sample }) => fitsWebGpu(op, sample)))(
    '$title',
    async ({ op, sample }, context) => {
      await requireWebGpu(context);
      // Sin and Cos are approximate in the software driver.
      const run = () => compare(op, sample as OpCase<never>, 'webgpu', { rtol: 1e-4, atol: 2e-4 });
      return op.webgpu ? expect(run()).rejects.toThrow() : run();
    },
  );
});
