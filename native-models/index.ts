/** @file The public face of native-models: everything other folders may import. */
export { gradient } from './autodiff/gradient';
export { evaluate, type HostArray } from './evaluate/evaluate';
export { type Graph, type GraphOutput } from './ir/graph';
export { printGraph } from './ir/print';
export { Tensor, type Node } from './ir/tensor';
export { float32, formatType, int32, type Dim, type DType, type Shape, type TensorType } from './ir/types';
export { verifyGraph } from './ir/verify';
export { decodeModel, encodeModel } from './onnx/codec';
export { printModel } from './onnx/print';
export { toModel, toOnnx, type OnnxOptions } from './onnx/lower';
export type * from './onnx/model';
export { tensorValues } from './onnx/tensor-data';
export {
  add,
  divide,
  equal,
  greater,
  less,
  logicalNot,
  maximum,
  minimum,
  multiply,
  subtract,
  where,
} from './ops/arithmetic';
export { constant, iota } from './ops/constant';
export { scan, type ScanOptions } from './ops/control';
export { declaredOps, type CaseInput, type OpCase, type OpDefinition } from './ops/define';
export type { Operand } from './ops/elementwise';
export {
  absolute,
  clamp,
  cos,
  erf,
  exp,
  gelu,
  log,
  negate,
  reciprocal,
  relu,
  sigmoid,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './ops/functions';
export { gather, scatterAdd } from './ops/indexing';
export { affine, matmul } from './ops/linear-algebra';
export { cast, concat, expand, pad, reshape, slice, stopGradient, transpose } from './ops/movement';
export { argMax, logSumExp, reduceMax, reduceMean, reduceSum, softmax } from './ops/reduction';
export { philox4x32 } from './random/philox';
export { fillUniformRow, stream, uniformAt, type RandomStream } from './random/stream';
export { scope } from './trace/scope';
export { trace, type TraceOptions } from './trace/trace';
export {
  activations,
  fourierTimeFeatures,
  linear,
  linearParameters,
  mlp,
  velocityMlp,
  type Activation,
  type MlpOptions,
  type VelocityMlpOptions,
} from './nn/layers';
export { module, type Initial, type Module } from './nn/module';
export { adamw, movingAverage, sgd, type Optimiser } from './optim/optimiser';
export { inferenceGraph, inferenceModel, type InferenceOptions } from './train/inference';
export { estimateMemory, peakMemory, type Contributor, type MemoryEstimate } from './train/memory';
export { trainingProgram, type TrainingProgram, type TrainingProgramOptions } from './train/program';
export { initialState, parametersOf, type StateTensor } from './train/state';
