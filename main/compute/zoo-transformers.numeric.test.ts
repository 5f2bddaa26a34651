/** @file The transformers of the zoo on ONNX Runtime beyond what every zoo model is held to: AIMv2 states, TarFlow's inverse. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { stream, toOnnx } from '../../native-models';
import {
  aimv2FixtureGraph,
  aimv2FixturesPresent,
  expectAimv2Gradients,
  expectAimv2States,
  loadAimv2Fixture,
} from '../../native-models/testing/aimv2-fixture';
import { expectClose } from '../../native-models/testing/expect-close';
import { tarflowRoundTrip } from '../../native-models/testing/tarflow-round-trip';
import { TARFLOW_TINY } from '../../native-models/zoo/image-cases';

async function run(
  bytes: Uint8Array,
  feeds: Record<string, ort.Tensor>,
): Promise<Record<string, { data: Float32Array; dims: readonly number[] }>> {
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [name, { data: data as Float32Array, dims }]),
  );
}

describe.skipIf(!aimv2FixturesPresent).each(['tiny-absolute', 'tiny-native'] as const)(
  'AIMv2 fixture %s in single precision',
  (name) => {
    it('has the hidden states and gradients of the published code', async () => {
      const fixture = loadAimv2Fixture(name);
      const feeds = Object.fromEntries(
        Object.entries({ ...fixture.weights.hf, images: fixture.images }).map(([key, { data, shape }]) => [
          key,
          new ort.Tensor('float32', Float32Array.from(data), shape),
        ]),
      );
      const results = await run(toOnnx(aimv2FixtureGraph(fixture, 'float32')), feeds);
      expectAimv2States(results, fixture, 'float32');
      expectAimv2Gradients(results, fixture);
    });
  },
);

describe('TarFlow-tiny on ONNX Runtime', () => {
  it('inverts its forward pass to 1e-4, with an open batch size', async () => {
    const options = { ...TARFLOW_TINY, classes: 10 };
    const { graph, parameters } = tarflowRoundTrip(options, 'float32', 'batch');
    const images = stream(3, 'images').normal(new Float32Array(3 * 64));
    const labels = Int32Array.of(7, -1, 2);
    const results = await run(toOnnx(graph), {
      ...Object.fromEntries(
        Object.entries(parameters).map(([key, { data, shape }]) => [
          key,
          new ort.Tensor('float32', Float32Array.from(data), shape),
        ]),
      ),
      images: new ort.Tensor('float32', images, [3, 1, 8, 8]),
      labels: new ort.Tensor('int32', labels, [3]),
    });
    const distance = Math.max(...results.z!.data.map((value, at) => Math.abs(value - images[at]!)));
    expect(distance).toBeGreaterThan(0.5);
    expect(results.restored!.dims).toEqual([3, 1, 8, 8]);
    expectClose(results.restored!.data, images, { atol: 1e-4 });
  });
});
