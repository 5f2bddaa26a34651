/** @file What a view knows of a model: its facts, a collapsed and laid-out picture of one graph, one node, one profile. */
import type { ErrorDetail } from '../../native-models/error';
import type { LanguageFacts } from './language';

export interface ValueFacts {
  name: string;
  type: string;
  /** A number, the name of an open size, or `?`. */
  shape: (number | string)[];
  /** True where the number of sizes is open too: `shape` is empty then, as it is for a single number. */
  anyRank?: boolean;
}

/** Of a checkpoint only what its built graph has. */
export interface ModelFacts {
  file: string;
  format: 'onnx';
  irVersion: number;
  opsets: Record<string, number>;
  producer: string;
  inputs: ValueFacts[];
  outputs: ValueFacts[];
  /** Nodes of the main graph. */
  nodes: number;
  /** Nodes in the bodies of Loop, Scan and If, all levels together. */
  nodesInBodies: number;
  /** How often each operator occurs, bodies included, most frequent first. */
  operators: Record<string, number>;
  initializers: number;
  parameters: number;
  /** What the values of the main graph are, where a chain of blocks was found in it. */
  roles?: RoleFacts;
}

/** Roles of a model's values, found by structure: which value holds the residual state after which block. */
export interface RoleFacts {
  layers: number;
  /** In the order of the computation; the value of the graph for each. */
  hooks: { id: string; role: string; value: string }[];
  /** Roles that such a model has but this file not, and why. */
  absent: { id: string; role: string; reason: string }[];
}

/** One graph of a model: the main one, or the body of a Loop, Scan or If. */
export interface ModelGraphInfo {
  /** 0 is the main graph. */
  id: number;
  /** The node and its attribute for a body, the graph's own name for the main one. */
  title: string;
  /** Nodes in this graph, without those of bodies inside. */
  nodes: number;
  /** Where a body belongs; null for the main graph. */
  parent: { graph: number; node: number } | null;
}

/** One tensor of a checkpoint, as it lies in the file. */
export interface StoredTensor {
  name: string;
  dtype: string;
  shape: readonly number[];
  bytes: number;
}

/** What the files of a checkpoint tell, without the list of their tensors. */
export interface CheckpointFacts {
  file: string;
  format: 'gguf' | 'safetensors';
  /** The files that hold the values. */
  files: readonly string[];
  /** Short texts and numbers that the files state, as text. */
  metadata: Readonly<Record<string, string>>;
  /** The `model_type` of its configuration or GGUF's architecture; null where nothing says it. */
  family: string | null;
  /** Layers, width, heads and so on, those that are stated. */
  sizes: Readonly<Record<string, number>>;
  /** Numbers in all tensors. */
  parameters: number;
  /** What all tensors take. */
  bytes: number;
  /** What the weights are stored as, the most bytes first. */
  types: { type: string; tensors: number; bytes: number }[];
  /** The kind that the file states; null where there is none. */
  tokenizer: string | null;
  chatTemplate: boolean;
  /** The licence's text, or its name. */
  licence: string | null;
  /** Why it can be looked at and not run; null where it opens. */
  problem: ErrorDetail | null;
  /** What is to be known of it though it can be run: weights that are not used, empty or damaged. */
  notices: readonly string[];
}

/** An opened model file, or a folder with one. Told from a data set by its format. */
export interface ModelInfo {
  /** The first 16 hexadecimal digits of the file's hash. */
  id: string;
  name: string;
  path: string;
  /** How it lies there; what is no ONNX is shown as the graph that is built from it. */
  format: 'onnx' | 'gguf' | 'safetensors';
  bytes: number;
  sha256: string;
  /** Set where it is a language or image model that can be looked into. */
  language?: LanguageFacts;
  /** Why an ONNX file that reads tokens cannot be looked into as a language model. */
  languageProblem?: ErrorDetail;
  /** Set when the file is a shipped sample. */
  sample?: string;
  /** The run that the model was exported from. */
  run?: string;
  facts: ModelFacts;
  /** Of what is no ONNX. */
  checkpoint?: CheckpointFacts;
  /** The main graph first, then the bodies in the order of their nodes; empty where no graph can be shown. */
  graphs: ModelGraphInfo[];
  /** The body that holds nearly everything, where the main graph is little more than one Loop; else null. */
  mainBody: number | null;
}

export interface SampleModelInfo {
  id: string;
  title: string;
  description: string;
  bytes: number;
}

export interface ModelViewRequest {
  graph: number;
  /** Paths of the blocks that are expanded. */
  open: string[];
  /** Names of values whose makers are asked for, such as those of hooks. */
  values?: string[];
}

export type ModelItemKind = 'node' | 'block' | 'input' | 'output' | 'outside';

/** A box of the picture. Positions are centres, in pixels at scale 1. */
export interface ModelItem {
  /** Unique in the view: `n12`, `b/block1/attention`, `input`. */
  id: string;
  kind: ModelItemKind;
  /** Operator of a node, last part of a block's path, name of a value. */
  title: string;
  /** What is said below the title. */
  detail: string;
  /** The full name or path. */
  name: string;
  /** The expanded block around it; null at the top. */
  parent: string | null;
  /** Nodes inside, 1 for a node, 0 for inputs and outputs. */
  nodes: number;
  /** Index of a node; null for all else. */
  node: number | null;
  /** Body graphs of a control-flow node. */
  bodies: number[];
  x: number;
  y: number;
  width: number;
  height: number;
  /** Milliseconds per run, median over the runs of a profile; null where nothing was measured. */
  milliseconds: number | null;
  /** Of the whole run, 0 to 1. */
  share: number | null;
  /** Bytes its nodes give out, after a profile. */
  outputBytes: number | null;
  /** Those of the values asked for that are made in it; absent where there are none. */
  makes?: string[];
}

/** An expanded block: a frame around its items. */
export interface ModelFrame {
  id: string;
  path: string;
  title: string;
  nodes: number;
  parent: string | null;
  x: number;
  y: number;
  width: number;
  height: number;
  milliseconds: number | null;
  share: number | null;
}

export interface ModelEdge {
  from: string;
  to: string;
  /** Type and shape of the value, or how many values; empty where nothing is known. */
  label: string;
  /** Names of the values, at most ten. */
  values: string[];
  /** Values altogether. */
  count: number;
  /** x0, y0, x1, y1, … from border to border; empty for an edge aside. */
  points: number[];
  /** One of the many edges of a box that nearly everything reads or writes: shown for a chosen box only. */
  aside: boolean;
}

export interface ModelView {
  graph: number;
  /** From the main graph to this one. */
  trail: { graph: number; title: string }[];
  items: ModelItem[];
  frames: ModelFrame[];
  edges: ModelEdge[];
  width: number;
  height: number;
  /** Asked to be expanded, but left collapsed: the picture would hold too much. */
  leftCollapsed: string[];
  /** Nodes of the graph, constants apart. */
  nodes: number;
  /** Constants, which are part of the nodes that read them and not drawn. */
  constants: number;
  profile: ProfileSummary | null;
}

export interface ModelValue {
  name: string;
  /** `float32[batch, 2]`, or empty where it is not known. */
  type: string;
  /** Where an input comes from; empty for an output. */
  from: 'node' | 'input' | 'weight' | 'constant' | 'outside' | 'none' | '';
  /** Numbers in a weight or constant. */
  elements?: number;
  bytes?: number;
  statistics?: { minimum: number; maximum: number; mean: number; standardDeviation: number; zeros: number };
  /** The values themselves, where there are only a few. */
  values?: number[];
}

/** One node with all that the file and the profile tell of it. */
export interface ModelNodeInfo {
  index: number;
  graph: number;
  name: string;
  op: string;
  domain: string;
  attributes: { name: string; value: string }[];
  inputs: ModelValue[];
  outputs: ModelValue[];
  bodies: { graph: number; attribute: string; nodes: number }[];
  /** Blocks around it, outermost first. */
  blocks: string[];
  profile: {
    milliseconds: number | null;
    share: number | null;
    calls: number;
    outputBytes: number | null;
    /** The fused operator that ran in its place; empty where it ran itself. */
    ranAs: string;
    provider: string;
  } | null;
}

export interface NodeHit {
  node: number;
  graph: number;
  name: string;
  op: string;
  /** Blocks to expand so that it shows. */
  blocks: string[];
}

export interface ProfileRequest {
  /** Values of the sizes that the model leaves open, by name. */
  sizes: Record<string, number>;
  /** Timed runs after one run that warms up; 1 to 100. */
  runs: number;
  /** How far the runtime may change the graph first: `disabled` times every node as it is in the file. */
  optimisation: 'disabled' | 'basic';
}

export interface ProfileSummary {
  runs: number;
  /** Milliseconds of one run, with what the runtime does between the nodes. */
  milliseconds: number;
  optimisation: ProfileRequest['optimisation'];
  sizes: Record<string, number>;
  threads: number;
  device: 'cpu';
  seed: number;
  /** Nodes of the file that ran under their own name, and those that did not: fused, collapsed or never reached. */
  timed: number;
  untimed: number;
  /** Milliseconds of nodes that the optimiser made and that are in no file. */
  unmatchedMilliseconds: number;
  /** By operator, slowest first. */
  operators: { op: string; milliseconds: number; share: number; nodes: number }[];
  /** The ten slowest nodes. */
  slowest: { node: number; name: string; op: string; milliseconds: number; share: number }[];
}
