/** @file What ONNX Runtime's profile says: where every node ran, and what time went into which operation and scope. */

/** One node as it ran, over all runs of a session. */
export interface ProfiledNode {
  /** The node's name in the model: its scope, its operation, and what the optimiser made of it. */
  name: string;
  op: string;
  /** Execution provider without that word, such as `CPU` or `WebGpu`. */
  provider: string;
  calls: number;
  milliseconds: number;
}

export interface Profile {
  nodes: ProfiledNode[];
  /** Runs of the session. */
  runs: number;
}

export interface Share {
  name: string;
  calls: number;
  milliseconds: number;
}

/** Their time holds that of the nodes in their bodies, which are listed too. */
const CONTAINERS = new Set(['Loop', 'If', 'Scan']);

interface TraceEvent {
  cat?: string;
  name?: string;
  dur?: number;
  args?: { op_name?: string; provider?: string };
}

/** Reads the trace events that the runtime wrote, a JSON array. What is no event of a node or a run is passed over. */
export function readProfile(text: string): Profile {
  const events = JSON.parse(text) as TraceEvent[];
  const nodes = new Map<string, ProfiledNode>();
  let runs = 0;
  for (const { cat, name = '', dur = 0, args = {} } of events) {
    if (cat === 'Session' && name === 'model_run') runs++;
    const { op_name: op, provider } = args;
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || !op || !provider) continue;
    const node = name.slice(0, -'_kernel_time'.length);
    const key = `${node}\n${provider}`;
    let found = nodes.get(key);
    if (!found) {
      found = {
        name: node,
        op,
        provider: provider.replace(/ExecutionProvider$/, ''),
        calls: 0,
        milliseconds: 0,
      };
      nodes.set(key, found);
    }
    found.calls++;
    found.milliseconds += dur / 1000;
  }
  return { nodes: [...nodes.values()], runs };
}

/** Time per operation, the longest first; bodies count, the loops around them do not. */
export function timeByOp(profile: Profile): Share[] {
  return shares(profile, (node) => node.op);
}

/** Time per scope of the traced program, such as `layer1/gradient`. */
export function timeByScope(profile: Profile): Share[] {
  return shares(profile, (node) => scopeOfNode(node.name));
}

/** The scopes before a node's operation: they begin with a small letter, operations with a capital. */
export function scopeOfNode(node: string): string {
  const parts = node.split('/');
  const op = parts.findIndex((part) => /^[A-Z]/.test(part));
  return parts.slice(0, op < 0 ? -1 : op).join('/') || '(no scope)';
}

function shares({ nodes }: Profile, of: (node: ProfiledNode) => string): Share[] {
  const found = new Map<string, Share>();
  for (const node of nodes) {
    if (CONTAINERS.has(node.op)) continue;
    const name = of(node);
    const share = found.get(name) ?? { name, calls: 0, milliseconds: 0 };
    found.set(name, share);
    share.calls += node.calls;
    share.milliseconds += node.milliseconds;
  }
  return [...found.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** How many nodes ran on which provider; where there are several, the names of those on the CPU. */
export function formatPlacement({ nodes }: Profile): string {
  const providers = new Map<string, ProfiledNode[]>();
  for (const node of nodes) providers.set(node.provider, [...(providers.get(node.provider) ?? []), node]);
  const lines = [...providers].map(([provider, placed]) => `  on ${provider}: ${placed.length} nodes`);
  if (providers.size > 1)
    for (const { name, op } of providers.get('CPU') ?? []) lines.push(`    CPU  ${op}  ${name}`);
  return lines.join('\n');
}

/** Two tables: time by operation and by scope, with calls and the share of the whole. */
export function formatTimes(profile: Profile, rows = 12): string {
  const whole = timeByOp(profile).reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const table = (title: string, all: readonly Share[]) => {
    const shown = all.slice(0, rows).map(({ name, calls, milliseconds }) => {
      const share = whole > 0 ? Math.round((100 * milliseconds) / whole) : 0;
      return `    ${milliseconds.toFixed(2).padStart(10)} ms ${String(share).padStart(3)} % ${String(calls).padStart(8)} ×  ${name}`;
    });
    const rest = all.length > rows ? [`    … and ${all.length - rows} more`] : [];
    return [`  time ${title}`, ...shown, ...rest];
  };
  return [
    `  ${whole.toFixed(2)} ms in kernels over ${profile.runs} runs`,
    ...table('by operation', timeByOp(profile)),
    ...table('by scope', timeByScope(profile)),
  ].join('\n');
}
