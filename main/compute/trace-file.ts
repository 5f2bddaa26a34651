/** @file Reads the trace that ONNX Runtime writes while profiling, line by line: it can be larger than memory likes. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the trace says of all calls of one node, warm-up left out. */
export interface NodeTrace {
  op: string;
  provider: string;
  /** Of all timed runs together. */
  calls: number;
  /** Of each run, all calls together. */
  microseconds: number[];
  /** Bytes of the outputs of the last call. */
  outputBytes: number;
  /** Shapes of the outputs of the last call. */
  outputShapes: number[][];
}

export interface Trace {
  nodes: Map<string, NodeTrace>;
  /** Timed runs that the trace holds to their end. */
  runs: number;
  /** Of each run, with what the runtime does between the nodes. */
  microseconds: number[];
}

interface Event {
  cat?: string;
  name?: string;
  dur?: number;
  args?: {
    op_name?: string;
    provider?: string;
    output_size?: string;
    output_type_shape?: Record<string, number[]>[];
  };
}

const SUFFIX = '_kernel_time';

/**
 * Sums the calls of every node by name, over the runs after the first `warmUps`. Events of a run come before the event
 * of the run itself; what follows the last finished run is left out, as the runtime stops writing when it has too much.
 */
export async function readTrace(path: string, warmUps: number): Promise<Trace> {
  const nodes = new Map<string, NodeTrace>();
  let pending: Event[] = [];
  let finished = 0;
  const microseconds: number[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const event = parseLine(line);
    if (!event) continue;
    if (event.name === 'model_run') {
      finished += 1;
      if (finished > warmUps) {
        for (const one of pending) count(nodes, one, microseconds.length);
        microseconds.push(event.dur ?? 0);
      }
      pending = [];
    } else if (event.cat === 'Node' && event.name?.endsWith(SUFFIX)) pending.push(event);
  }
  return { nodes, runs: Math.max(0, finished - warmUps), microseconds };
}

function parseLine(line: string): Event | null {
  const text = line.trim().replace(/^\[|,$/g, '');
  if (!text.startsWith('{')) return null;
  try {
    return JSON.parse(text.replace(/\]$/, '')) as Event;
  } catch {
    // A last line cut short by a full disk loses that one event.
    return null;
  }
}

function count(nodes: Map<string, NodeTrace>, event: Event, run: number): void {
  const name = event.name!.slice(0, -SUFFIX.length);
  const { op_name = '', provider = '', output_size = '0', output_type_shape = [] } = event.args ?? {};
  const before = nodes.get(name);
  const microseconds = before?.microseconds ?? [];
  microseconds[run] = (microseconds[run] ?? 0) + (event.dur ?? 0);
  nodes.set(name, {
    op: op_name,
    provider,
    calls: (before?.calls ?? 0) + 1,
    microseconds,
    outputBytes: Number(output_size) || 0,
    outputShapes: output_type_shape.map((one) => Object.values(one)[0] ?? []),
  });
}
