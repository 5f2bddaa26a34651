/** @file Opens one model with onnxruntime-node: the options that make results reproducible, the cache, and profiles for debugging. */
import { readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { InferenceSession } from 'onnxruntime-node';
import { debugLevel } from './debug';
import { openCached, worthCaching, type CacheOptions, type Opening } from './model-cache';
import { formatPlacement, formatTimes, readProfile, type Profile } from './profile';
import type { SessionOptions, UsedDevice } from '../contract/compute';

export interface NativeRequest extends Pick<SessionOptions, 'strict' | 'keep' | 'folder' | 'graphLevel'> {
  device: UsedDevice;
  threads: number;
  label: string;
  /** Where optimised forms of large graphs are kept; without it they are not. */
  cache?: CacheOptions;
  /** Given what the session's runs did when it is released; with it sessions are profiled, which slows them down. */
  onProfile?: (profile: Profile) => void;
}

export interface NativeModel {
  session: InferenceSession;
  /** Releases the session; when debugging it first tells what its runs did. */
  release(): Promise<void>;
}

/** The runtime refuses what it cannot open with its own error. */
export async function openNative(model: Uint8Array, request: NativeRequest): Promise<NativeModel> {
  const level = debugLevel();
  const profile = level >= 3 || request.onProfile ? join(tmpdir(), `monge-profile-${randomUUID()}`) : null;
  const create = (bytes: Uint8Array, opening: Opening) => createSession(bytes, request, opening, profile);
  const { cache, device, label, graphLevel = 'extended' } = request;
  let session: InferenceSession;
  // What the GPU's provider does to a graph is not all in the saved form; entries are of the default level.
  if (cache && device === 'cpu' && graphLevel === 'extended' && worthCaching(model)) {
    const { opened, fromCache } = await openCached(model, cache, create);
    if (level >= 3) tell(`${label}: optimised graph ${fromCache ? 'from the cache' : 'stored in the cache'}`);
    session = opened;
  } else session = await create(model, { optimisation: graphLevel });
  return {
    session,
    async release() {
      if (profile) {
        session.endProfiling();
        const found = await takeProfile(profile);
        if (found) request.onProfile?.(found);
        const times = level >= 4 && found ? `\n${formatTimes(found)}` : '';
        if (level >= 3)
          tell(`${label} (${device})\n${found ? formatPlacement(found) + times : '  nothing was run'}`);
      }
      await session.release();
    },
  };
}

/**
 * The fixed options. Values in `extra` must be strings, and a misspelt key does nothing, silently, so each has a test that
 * it acts.
 */
function createSession(
  model: Uint8Array,
  { device, threads, strict = false, keep = [], folder }: NativeRequest,
  { optimisation, saveTo }: Opening,
  profile: string | null,
): Promise<InferenceSession> {
  const session: Record<string, unknown> = {
    // Between two operators a thread waits awake for 50 µs, which is a tenth faster than waking it every time and, unlike
    // the runtime's long spinning, costs nothing measurable beside other work.
    intra_op: { allow_spinning: '1', spin_duration_us: '50' },
    set_denormal_as_zero: '1',
  };
  if (strict) session['disable_cpu_ep_fallback'] = '1';
  if (folder !== undefined) session['model_external_initializers_file_folder_path'] = folder;
  return InferenceSession.create(model, {
    executionProviders: device === 'webgpu' ? ['webgpu'] : ['cpu'],
    // Above 'extended' results are tied to this machine's instruction set.
    graphOptimizationLevel: optimisation,
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Planned blocks come on top of the first run's memory: half as much again, and no faster.
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session },
    ...(saveTo === undefined ? {} : { optimizedModelFilePath: saveTo }),
    // Loss and metrics, which are read after every run, stay on the host.
    ...(keep.length > 0
      ? { preferredOutputLocation: Object.fromEntries(keep.map((name) => [name, 'gpu-buffer' as const])) }
      : {}),
    ...(profile === null ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  });
}

/** Reads and removes the file whose name the runtime made from the prefix and the time. */
async function takeProfile(prefix: string): Promise<Profile | null> {
  const folder = dirname(prefix);
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(prefix)));
  let found: Profile | null = null;
  for (const name of names) {
    found = readProfile(await readFile(join(folder, name), 'utf8'));
    await rm(join(folder, name), { force: true });
  }
  return found && found.nodes.length > 0 ? found : null;
}

function tell(text: string): void {
  process.stderr.write(`[monge] ${text}\n`);
}
