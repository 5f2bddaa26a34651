/** @file How much memory a training program needs, told before it runs: from its graph, by which values are alive when. */
import { nameNodes, type Graph } from '../ir/graph';
import type { Node, Tensor } from '../ir/tensor';
import { elementCount, type DType, type TensorType } from '../ir/types';
import { isGraph } from '../ir/verify';
import type { TrainingProgram } from './program';

const BYTES: Record<DType, number> = { float32: 4, float64: 8, int32: 4, int64: 8, bool: 1 };

export interface Contributor {
  /** The node that makes the value, with its scope, or the name of an input. */
  name: string;
  bytes: number;
}

/** All in bytes. */
export interface MemoryEstimate {
  /** One copy of the state: parameters, the optimiser's slots, the average. */
  state: number;
  /** The most that the values of one step take at one moment: activations, gradients and the state it makes. */
  activations: number;
  /** The batches of one run. */
  stream: number;
  /** Copies of the state on the host: what was fed, what came out, and what is not collected yet. */
  copies: number;
  total: number;
  /** The largest values at the fullest moment of the step, largest first. */
  largest: readonly Contributor[];
}

/** What a session and the tracing of its program take by themselves. */
const SESSION_BYTES = 24 * 2 ** 20;
/** Contributors that are named. */
const NAMED = 5;

/**
 * Estimates the memory of a program while it trains, beyond the process itself. `steps` is the number of steps of the
 * longest run; the default is the program's own. Measured against the real peak in main/compute/memory.*.numeric.test.ts.
 * Throws `symbolic-dimension` where a size is not known.
 */
export function estimateMemory(program: TrainingProgram, steps = program.chunk): MemoryEstimate {
  const state = bytesOf(program.state);
  const stream = (bytesOf(program.stream) / program.chunk) * steps;
  const { bytes, largest } = peakMemory(program.graph);
  // A loop of one step reads what was fed; a longer one carries a state of its own.
  const carried = program.form === 'loop' && program.chunk === 1 && steps > 1 ? state : 0;
  const activations = bytes + carried;
  const copies = 3 * state;
  return {
    state,
    activations,
    stream,
    copies,
    total: copies + activations + stream + SESSION_BYTES,
    largest,
  };
}

/** The most that a graph's values take at one moment, its inputs not counted, and the largest of them then. */
export function peakMemory(graph: Graph): { bytes: number; largest: readonly Contributor[] } {
  const { at, bytes } = follow(graph, [], null);
  const { alive } = follow(graph, [], at);
  return { bytes, largest: alive.sort((a, b) => b.bytes - a.bytes).slice(0, NAMED) };
}

/** A piece of memory; views and operations that work in place share one. */
interface Buffer {
  name: string;
  bytes: number;
  /** Uses to come of the values in it. */
  uses: number;
}

/**
 * Goes through the nodes in order and adds up what is alive. `inputs` are values that take memory and stay until the
 * end, such as what a loop carries into a step. With `stopAt` it tells what is alive at that node.
 */
function follow(
  graph: Graph,
  inputs: readonly Tensor[],
  stopAt: number | null,
): { bytes: number; at: number; alive: Contributor[] } {
  const names = nameNodes(graph);
  const uses = usesOf(graph);
  const buffers = new Map<Tensor, Buffer>();
  const living = new Set<Buffer>();
  let held = 0;
  const start = (tensor: Tensor, name: string, forever: boolean) => {
    const buffer = { name, bytes: sizeOf(tensor.type), uses: forever ? Infinity : (uses.get(tensor) ?? 0) };
    buffers.set(tensor, buffer);
    living.add(buffer);
    held += buffer.bytes;
  };
  for (const input of inputs) start(input, input.name, true);
  let [most, at] = [held, -1];
  for (const [position, node] of graph.nodes.entries()) {
    const shared = sharedBuffer(node, buffers);
    for (const output of node.outputs)
      if (shared && output === node.outputs[0]) {
        shared.uses += uses.get(output) ?? 0;
        buffers.set(output, shared);
      } else start(output, names.get(node)!, false);
    const inside = insideOf(node, stopAt === position);
    if (held + inside.bytes > most) [most, at] = [held + inside.bytes, position];
    if (stopAt === position)
      return {
        bytes: held + inside.bytes,
        at: position,
        alive: [...living, ...inside.alive].map(contributor),
      };
    for (const input of node.inputs) {
      const buffer = buffers.get(input);
      if (buffer) buffer.uses--;
    }
    for (const tensor of [...node.inputs, ...node.outputs]) {
      const buffer = buffers.get(tensor);
      if (!buffer || buffer.uses > 0 || !living.delete(buffer)) continue;
      held -= buffer.bytes;
    }
  }
  return { bytes: most, at, alive: [...living].map(contributor) };
}

/** What a loop needs while it runs: what it carries into a step and everything of the step. */
function insideOf(node: Node, named: boolean): { bytes: number; alive: Contributor[] } {
  const body = Object.values(node.attributes).find(isGraph);
  if (!body) return { bytes: 0, alive: [] };
  // In a loop of one step what is carried in is what was fed.
  const inputs = node.attributes.length === 1 ? [] : body.inputs;
  // The last step's results are copied into the loop's own outputs, so both are there.
  const { bytes, at } = follow(body, inputs, null);
  return { bytes, alive: named ? follow(body, inputs, at).alive : [] };
}

/** The memory that an output takes over from an input: of a view always, of elementwise work from a value used up. */
function sharedBuffer(node: Node, buffers: ReadonlyMap<Tensor, Buffer>): Buffer | null {
  if (node.op.name === 'Reshape') return buffers.get(node.inputs[0]!) ?? null;
  if (Object.keys(node.attributes).length > 0) return null;
  const size = sizeOf(node.outputs[0]!.type);
  for (const input of node.inputs) {
    const buffer = buffers.get(input);
    const here = node.inputs.filter((other) => buffers.get(other) === buffer).length;
    if (buffer && buffer.bytes === size && buffer.uses === here) return buffer;
  }
  return null;
}

/** How often each value is read; those of outputs are kept. */
function usesOf(graph: Graph): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  for (const node of graph.nodes)
    for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  for (const { tensor } of graph.outputs) uses.set(tensor, Infinity);
  return uses;
}

function contributor({ name, bytes }: Contributor): Contributor {
  return { name, bytes };
}

function bytesOf(types: Readonly<Record<string, TensorType>>): number {
  return Object.values(types).reduce((sum, type) => sum + sizeOf(type), 0);
}

function sizeOf({ dtype, shape }: TensorType): number {
  return BYTES[dtype] * elementCount(shape, 'memory estimate');
}
