/** @file The public face of native-models: everything other folders may import. */
export { gradient, vjp } from './autodiff/gradient';
export { rematerialise } from './autodiff/rematerialise';
export {
  divergence,
  hessianVectorProduct,
  hutchinsonDivergence,
  jvp,
  stackedDivergence,
} from './autodiff/transforms';
export { setCompilerListener, type CompilerListener } from './debug';
export { evaluate, type HostArray } from './evaluate/evaluate';
export { type Graph, type GraphOutput } from './ir/graph';
export {
  elementBytes,
  elementsIn as elementCount,
  elementTypeOf,
  type ElementType,
  type StoredArray,
  type TensorData,
} from './io/elements';
export { dequantise, weightsIn } from './io/blocks';
export {
  isGgufHead,
  readGguf,
  type ByteSource,
  type GgufIndex,
  type GgufTensor,
  type GgufValue,
} from './io/gguf';
export {
  decodeNpy,
  decodeNpz,
  encodeNpy,
  encodeNpz,
  NPY_MAGIC,
  npzIndex,
  parseNpyHeader,
  type NpyHeader,
} from './io/npy';
export { decodeEntry, decodeSafetensors, encodeSafetensors, type DecodedTensors } from './io/safetensors';
export {
  safetensorsHeaderBytes,
  safetensorsIndex,
  type SafetensorsEntry,
  type SafetensorsIndex,
} from './io/safetensors-index';
export { weightTypes, type WeightType } from './io/weight-types';
export { zipEntries, type ZipEntry } from './io/zip';
export { printGraph } from './ir/print';
export { Tensor, type Node, type Tensors } from './ir/tensor';
export {
  float32,
  float64,
  formatType,
  int32,
  type Dim,
  type DType,
  type Shape,
  type TensorType,
} from './ir/types';
export { verifyGraph } from './ir/verify';
export { decodeModel, encodeModel } from './onnx/codec';
export { elementNumbers, elementTypeName, elementTypeOfNumber } from './onnx/element-types';
export {
  externalise,
  externalSpans,
  inlineExternal,
  relocateExternal,
  type ExternalSpan,
} from './onnx/external';
export { GraphBuilder, type AttributeValue } from './onnx/builder';
export { liftNodes } from './onnx/lift';
export { externalTensors, placeParts, type DataFilePart, type PlacedPart } from './onnx/data-file';
export { pruneGraph, readsOf } from './onnx/prune';
export { hasHalves, withFloat32 } from './onnx/widen';
export { printModel } from './onnx/print';
export { toModel, toOnnx, type OnnxOptions } from './onnx/lower';
export type * from './onnx/model';
export { tensorArray, tensorValues } from './onnx/tensor-data';
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
export { conv, convTranspose, type ConvOptions } from './ops/convolution';
export { declaredOps, type CaseInput, type OpCase, type OpDefinition } from './ops/define';
export type { Operand } from './ops/elementwise';
export {
  absolute,
  clamp,
  cos,
  erf,
  exp,
  log,
  negate,
  reciprocal,
  relu,
  sigmoid,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './ops/functions';
export { gelu, geluTanh, silu } from './ops/gated';
export { gather, oneHot, pick, reverse, scatterAdd } from './ops/indexing';
export { affine, matmul } from './ops/linear-algebra';
export { cast, concat, expand, pad, reshape, slice, stopGradient, transpose } from './ops/movement';
export { layerNormalise, rmsNormalise } from './ops/normalisation';
export { argMax, reduceMax, reduceMean, reduceSum } from './ops/reduction';
export { averagePool, upsampleNearest } from './ops/resampling';
export { logSumExp, softmax } from './ops/softmax';
export { putAlong, sort, takeAlong } from './ops/sorting';
export { philox4x32 } from './random/philox';
export { fillNormals, fillUniformRow, stream, uniformAt, type RandomStream } from './random/stream';
export { scope } from './ir/scope';
export { trace, type TraceOptions } from './trace/trace';
export { leaky, rectify, softLeaky, softLeakyRelu, type LeakyActivation, type Rectifier } from './nn/convex';
export { convLayer, convParameters, type ConvLayerOptions } from './nn/conv-layers';
export { groupNorm, groupNormParameters } from './nn/group-norm';
export { networkRoles, type NetworkRole, type Tap } from './nn/tap';
export {
  gaussianHead,
  gaussianLogDensity,
  mixtureHead,
  mixtureLogDensity,
  quantileHead,
  whiten,
  type Covariance,
  type Gaussian,
  type GaussianHeadOptions,
  type Head,
  type Mixture,
} from './nn/heads';
export { maxAffine, normScaled, type MaxAffineOptions } from './nn/homogeneous';
export {
  activations,
  fourierTimeFeatures,
  mlp,
  velocityMlp,
  type Activation,
  type MlpOptions,
  type VelocityMlpOptions,
} from './nn/layers';
export { crossEntropy, gaussianNll, meanSquaredError, mixtureNll, pinball, supportLoss } from './nn/losses';
export { linear, linearMap, linearParameters, xavierUniform } from './nn/linear';
export { module, type Initial, type Module } from './nn/module';
export { isHiddenMatrix, muon, orthogonalised, type MuonOptions } from './optim/muon';
export {
  imageAttention,
  imageAttentionParameters,
  residualBlock,
  residualBlockParameters,
  type ResidualBlockOptions,
} from './nn/residual-block';
export { supportTrunk, widthForBudget, type Trunk, type TrunkOptions } from './nn/support-trunk';
export { timeEmbedding, timeEmbeddingParameters, timeSinusoids } from './nn/time-embedding';
export { adamw, movingAverage, sgd, type Optimiser } from './optim/optimiser';
export { sparseGroupLasso } from './optim/proximal';
export { rates, schedules, type Schedule } from './optim/schedule';
export { inferenceGraph, inferenceModel, type InferenceOptions } from './train/inference';
export { estimateMemory, peakMemory, type Contributor, type MemoryEstimate } from './train/memory';
export { trainingProgram, type TrainingProgram, type TrainingProgramOptions } from './train/program';
export { stackedProgram, type StackedProgram, type StackedProgramOptions } from './train/stacked';
export { initialState, parametersOf, type FloatArray, type StateTensor } from './train/state';
export type { ZooCase } from './zoo/case';
export { gptCase } from './zoo/language-cases';
export { ggufConfig } from './zoo/language/gguf-config';
export { ggufWeights } from './zoo/language/gguf-weights';
export { zooCases, type ZooSize } from './zoo/cases';
export { headNetwork, type HeadKind, type HeadNetwork, type HeadNetworkOptions } from './zoo/heads';
export { keyNet, type KeyNet, type KeyNetOptions } from './zoo/key-net';
export {
  supportNet,
  type Homogenisation,
  type KeyPrediction,
  type SupportNet,
  type SupportNetOptions,
} from './zoo/support-net';
export { uNet, type UNet, type UNetOptions } from './zoo/u-net';
export { attention, attentionParameters, type AttentionOptions } from './nn/attention';
export { attentionPool, attentionPoolParameters, type AttentionPoolOptions } from './nn/attention-pool';
export { attentionStep, blockStep, type AttentionCache, type SequencePlace } from './nn/attention-step';
export { block, blockParameters, LLAMA_NAMES, type BlockNames, type BlockOptions } from './nn/block';
export { dropout } from './nn/dropout';
export { embedding, embeddingParameters } from './nn/embedding';
export { feedForward, feedForwardParameters, type FeedForwardOptions } from './nn/feed-forward';
export { causalMask, prefixMask } from './nn/mask';
export { modulate, modulation, modulationParameters } from './nn/modulation';
export { norm, normParameters, type NormKind, type NormOptions } from './nn/normalisation';
export { nextPatchLoss, standardisePatches } from './nn/patch-loss';
export { patchify, unpatchify, type PatchGrid } from './nn/patches';
export { gridPositions, timestepFeatures, type TimestepOptions } from './nn/positions';
export { rotary, rotaryTables, type RotaryOptions, type RotaryTables } from './nn/rotary';
export { aimv2, type Aimv2, type Aimv2Features, type Aimv2Options } from './zoo/aimv2';
export {
  aimv2Pretraining,
  type Aimv2Pretraining,
  type Aimv2PretrainingOptions,
} from './zoo/aimv2-pretraining';
export { importAimv2, importLlama } from './zoo/checkpoint';
export { dit, type Dit, type DitOptions } from './zoo/dit';
export { gpt, gptOptions, llamaOptions, nextTokenLoss, type Gpt, type GptOptions } from './zoo/gpt';
export { attentionScale, coupledDecay, independentDecay } from './scaling/decay';
export { depthFactor, profileAt } from './scaling/depth';
export {
  groupName,
  noMultipliers,
  resolve,
  type Factor,
  type Resolved,
  type ResolvedGroup,
  type TensorPlace,
} from './scaling/resolve';
export type * from './scaling/types';
export type { ScalingWarning, TrainingFacts } from './scaling/warnings';
export { gptTensorTypes, tensorGroup } from './zoo/gpt-groups';
export { tarflow, tarflowImages, tarflowLoss, type Tarflow, type TarflowOptions } from './zoo/tarflow';
export { tarflowDecoder, tarflowInverse } from './zoo/tarflow-inverse';
export { vit, type Vit, type VitOptions } from './zoo/vit';
export { decoderFamilies, blockRoles, type DecoderConfig, type DecoderFamily } from './zoo/language/config';
export type { HookPoint, HookRole, RotaryConfig } from './zoo/language/config';
export { decoderConfig } from './zoo/language/decoder-config';
export { decoderGraph, type DecoderGraph, type DecoderGraphOptions } from './zoo/language/decoder';
export { hookById, type GraphValue } from './zoo/language/language-graph';
export { headDirection, headGraph } from './zoo/language/head';
export { decoderReference } from './zoo/language/reference';
export type { LazyWeight, WeightSource } from './zoo/language/weights';
export { encoderGraph, type EncoderGraph, type EncoderGraphOptions } from './zoo/language/encoder';
export {
  encoderConfig,
  sentencePooling,
  type EncoderConfig,
  type SentencePooling,
} from './zoo/language/encoder-config';
export {
  cacheNames,
  generationGraph,
  type FastGraph,
  type GenerationGraphOptions,
} from './zoo/language/fast/generation-graph';
export { canSettle } from './zoo/language/fast/attention';
export { whyNotFast } from './zoo/language/fast/fits';
export { whyNotFusedSteering } from './zoo/language/fast/fused-steering';
export {
  channelOperator,
  countInside,
  partsAtStrength,
  steeringOperator,
  type OperatorParts,
} from './zoo/language/steering/operator';
export {
  hooksOf,
  partName as steeringPartName,
  steeredPlaces,
  steeringInput,
  steeringInputs,
  steeringParts,
  steeringVectors,
  type SteerablePlace,
  type SteeredHook,
  type SteeringPlan,
  type SteeringVector,
} from './zoo/language/steering/plan';
export { insideOutput } from './zoo/language/steering/taps';
export { hasBlockMatrices, numericLevels, type NumericLevel } from './zoo/language/fast/level';
export { MOST_CANDIDATES } from './zoo/language/fast/sampler';
