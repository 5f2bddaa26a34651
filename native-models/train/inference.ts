/** @file Trained models as plain inference graphs: weights inside, or fed as inputs. */
import type { Graph } from '../ir/graph';
import type { Tensors } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import { toOnnx } from '../onnx/lower';
import { constant } from '../ops/constant';
import { trace } from '../trace/trace';

export interface InferenceOptions {
  name: string;
  /** Values by name; with `weights: 'inputs'` only their shapes matter. */
  parameters: Record<string, { data: Float32Array; shape: readonly number[] }>;
  /** Types of the inputs; a symbolic size such as 'batch' leaves it open. */
  inputs: Record<string, TensorType>;
  build: (parameters: Tensors, inputs: Tensors) => Tensors;
  /** `baked` (default): inside the file, so that other tools can open it. `inputs`: fed under the parameters' names. */
  weights?: 'baked' | 'inputs';
}

/** The graph of a model with its weights. */
export function inferenceGraph(options: InferenceOptions): Graph {
  const { name, parameters, inputs, build } = options;
  const baked = options.weights !== 'inputs';
  const types = Object.fromEntries(
    Object.entries(parameters).map(([key, { shape }]) => [key, { dtype: 'float32', shape } as const]),
  );
  return trace(name, baked ? inputs : { ...inputs, ...types }, (given) => {
    const weights = Object.fromEntries(
      Object.entries(parameters).map(([key, { data, shape }]) => [
        key,
        baked ? constant(data, shape) : given[key]!,
      ]),
    );
    return build(weights, given);
  });
}

/** The ONNX file of a model with its weights. */
export function inferenceModel(options: InferenceOptions): Uint8Array {
  return toOnnx(inferenceGraph(options));
}
