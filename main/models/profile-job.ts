/** @file Runs a model a few times on made-up inputs under ONNX Runtime's profiler, and gives its times to the file's nodes. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { encodeModel, type GraphProto, type ModelProto } from '../../native-models';
import { MongeError } from '../../native-models/error';
import type { ForeignCall } from '../foreign/messages';
import { forRuntime, locateExternalData } from './external-data';
import { modelFacts } from './facts';
import { checkOrder } from './judge';
import type { ModelProfile } from './profile';
import { readModel } from './read';
import { runnable } from './runnable';
import { structureOf, type ModelStructure } from './structure';
import type { ProfileRequest } from '../contract/models';
import { madeUpInputs } from './made-up-inputs';
import { forbidTelemetry } from '../compute/no-telemetry';
import { readTrace, type Trace } from '../compute/trace-file';

export interface ProfileJob {
  path: string;
  /** The hash the model is known by; another one means that the file has changed. */
  sha256: string;
  request: ProfileRequest;
  threads: number;
  /** An empty folder for the runtime's trace; whoever made it removes it, as this process may not live to. */
  folder: string;
}

const SEED = 1;
const WARM_UPS = 1;
/** The runtime names a node that it makes of several after the first of them: `layer/MatMul/MatMulAddFusion`. */
const FUSED = /\/\w*Fusion\w*$/;
/** After this many seconds no further run begins: the trace of a large model grows by hundreds of megabytes a run. */
const ENOUGH_SECONDS = 10;

/**
 * @throws `profile-stopped` once the call is given up, looked at between two runs; `profile-failed` where the runtime cannot
 *   open or run the model; what `readModel`, `checkOrder`, `runnable`, `madeUpInputs` and `locateExternalData` throw; `data-changed`
 */
export async function profileModel(job: ProfileJob, call: ForeignCall<null>): Promise<ModelProfile> {
  forbidTelemetry();
  const { model, name, sha256 } = await readModel(job.path, () => call.update(null));
  if (sha256 !== job.sha256)
    throw new MongeError({
      code: 'data-changed',
      blame: 'input',
      what: 'the file holds another model than when it was opened',
      where: { file: name },
      help: 'open the file again',
    });
  const structure = structureOf(model);
  checkOrder(structure, model, name);
  const names = nameNodes(model);
  // Without the outputs that the runtime cannot give: the nodes that only they need are run all the same.
  const { model: kept } = runnable(model, name);
  const feeds = madeUpInputs(modelFacts(model, name).inputs, job.request.sizes, SEED);
  const external = await locateExternalData(kept, job.path);
  const { bytes, folder } = await forRuntime(
    { bytes: encodeModel(kept), model: kept, path: job.path },
    external,
  );
  await runProfiled(bytes, folder, job, feeds, call, name);
  const [file] = await readdir(job.folder);
  if (!file) throw failed(name, 'no trace was written');
  const profile = assemble(structure, names, await readTrace(join(job.folder, file), WARM_UPS), job);
  for (const [input, { dims }] of Object.entries(feeds)) profile.shapes[`0:${input}`] = shapeName(dims);
  return profile;
}

async function runProfiled(
  bytes: Uint8Array,
  /** Where its external weights lie. */
  dataFolder: string | undefined,
  { path, request, threads, folder }: ProfileJob,
  feeds: InferenceSession.OnnxValueMapType,
  call: ForeignCall<null>,
  name: string,
): Promise<void> {
  const stopIfAsked = async () => {
    // Two turns of the event loop: the word to stop comes as a message.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    call.update(null);
    if (!call.signal.aborted) return;
    throw new MongeError({ code: 'profile-stopped', what: 'the profile was stopped', where: { file: name } });
  };
  await stopIfAsked();
  const session = await InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: request.optimisation,
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // The two go together: a prefix without the switch does nothing, the switch alone writes to the current folder.
    enableProfiling: true,
    profileFilePrefix: join(folder, 'trace'),
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        set_denormal_as_zero: '1',
        model_external_initializers_file_folder_path: dataFolder ?? dirname(path),
      },
    },
  }).catch((error: unknown) => {
    throw failed(name, error);
  });
  try {
    const start = performance.now();
    for (let run = 0; run < request.runs + WARM_UPS; run += 1) {
      await stopIfAsked();
      await session.run(feeds).catch((error: unknown) => {
        throw failed(name, error);
      });
      if (run >= WARM_UPS && performance.now() - start > ENOUGH_SECONDS * 1000) break;
    }
  } finally {
    session.endProfiling();
    await session.release();
  }
}

/** Gives nodes that have no name, or share one, a name of their own; answers the node's index by name. */
function nameNodes(model: ModelProto): Map<string, number> {
  const indices = new Map<string, number>();
  let index = 0;
  const visit = (graph: GraphProto): void => {
    for (const node of graph.node ?? []) {
      let name = node.name ?? '';
      for (let count = 1; name === '' || indices.has(name); count += 1)
        name = `${node.name || 'node'}#${index}${count > 1 ? `.${count}` : ''}`;
      node.name = name;
      indices.set(name, index);
      index += 1;
      for (const { g, graphs } of node.attribute ?? [])
        for (const body of [...(g ? [g] : []), ...(graphs ?? [])]) visit(body);
    }
  };
  visit(model.graph ?? {});
  return indices;
}

function assemble(
  structure: ModelStructure,
  names: ReadonlyMap<string, number>,
  trace: Trace,
  { request, threads }: ProfileJob,
): ModelProfile {
  const count = structure.nodes.length;
  const profile: ModelProfile = {
    milliseconds: new Float64Array(count),
    calls: new Float64Array(count),
    outputBytes: new Float64Array(count),
    providers: Array.from({ length: count }, () => ''),
    ranAs: {},
    shapes: {},
    total: median(trace.microseconds, trace.runs) / 1000,
    unmatchedMilliseconds: 0,
    runs: trace.runs,
    request,
    threads,
    seed: SEED,
  };
  const runs = Math.max(1, trace.runs);
  for (const [name, node] of trace.nodes) {
    const milliseconds = median(node.microseconds, trace.runs) / 1000;
    const index = names.get(name) ?? names.get(name.replace(FUSED, ''));
    if (index === undefined) {
      profile.unmatchedMilliseconds += milliseconds;
      continue;
    }
    const { graph, outputs, op } = structure.nodes[index]!;
    profile.milliseconds[index]! += milliseconds;
    profile.calls[index]! += node.calls / runs;
    if (node.op !== op) profile.ranAs[index] = node.op;
    profile.outputBytes[index] = node.outputBytes;
    profile.providers[index] = node.provider.replace(/ExecutionProvider$/, '');
    // The trace leaves outputs out that nobody asked for; shapes are given only where the two lists agree.
    const present = outputs.filter((output) => output !== '');
    if (present.length === node.outputShapes.length)
      present.forEach((output, i) => {
        profile.shapes[`${graph}:${output}`] = shapeName(node.outputShapes[i]!);
      });
  }
  return profile;
}

/** Over all runs, those without a call counted as 0: one run that the machine interrupted does not show. */
function median(values: readonly number[], runs: number): number {
  const all = Array.from({ length: Math.max(1, runs) }, (_, i) => values[i] ?? 0).sort((a, b) => a - b);
  const middle = (all.length - 1) / 2;
  return (all[Math.floor(middle)]! + all[Math.ceil(middle)]!) / 2;
}

function shapeName(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}

function failed(name: string, cause: unknown): MongeError {
  const text = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').trim();
  return new MongeError(
    {
      code: 'profile-failed',
      what: 'ONNX Runtime could not run this model on made-up inputs',
      where: { file: name },
      got: text.length > 400 ? `${text.slice(0, 400)}…` : text,
      help: 'set the open sizes to values that fit each other, or look at the node that the message names',
    },
    { cause },
  );
}
