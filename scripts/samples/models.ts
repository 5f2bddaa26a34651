/** @file The shipped models as bytes: a perceptron with its weights, and a training program with a Loop. */
import { float32, inferenceGraph, toOnnx, velocityMlp } from '../../native-models';
import { gptProgram } from '../../native-models/testing/gpt-program';

const WEIGHTS_SEED = 1;

/** Every generated model file by name; intermediate values carry their types. */
export function modelFiles(): Map<string, Uint8Array> {
  return new Map([
    ['velocity-mlp.onnx', velocity()],
    ['gpt-training.onnx', gptTraining()],
  ]);
}

/** A velocity field in the plane: x [batch, 2] and t [batch, 1] to velocity [batch, 2]. */
function velocity(): Uint8Array {
  const network = velocityMlp({ dimension: 2, hidden: 64, layers: 3, frequencies: 4, activation: 'silu' });
  const values = network.initialise(WEIGHTS_SEED);
  const parameters = Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape }]) => [
      name,
      { data: values[name]!, shape: shape as readonly number[] },
    ]),
  );
  const graph = inferenceGraph({
    name: 'velocity',
    parameters,
    inputs: { x: float32('batch', 2), t: float32('batch', 1) },
    build: (weights, { x, t }) => ({ velocity: network.apply(weights, x!, t!) }),
  });
  return toOnnx(graph, { describe: true });
}

/** Four steps of training a GPT of four layers; the weights are inputs, so that the file stays small. */
function gptTraining(): Uint8Array {
  const program = gptProgram({
    layers: 4,
    width: 64,
    heads: 4,
    context: 32,
    vocabulary: 64,
    batchSize: 4,
    chunk: 4,
  });
  return toOnnx(program.graph, { describe: true });
}
