/**
 * @file Sessions of foreign models: they live in the process for foreign files, and whoever uses one here opens it again
 * there when that process was replaced.
 */
import { encodeModel } from '../../native-models';
import { MongeError } from '../../native-models/error';
import { openCompute } from '../compute/session';
import type { HostTensor, Session } from '../contract/compute';
import type { ForeignSession, DeclaredValue } from '../contract/opened';
import { modelCacheFolder } from '../disk/paths';
import { readExternalData } from './external-data';
import { describeValue } from './import';
import { checkOrder } from './judge';
import { readModel } from './read';
import { runnable } from './runnable';
import { structureOf } from './structure';

export interface SessionPlace {
  path: string;
  /** Intra-op threads. */
  threads: number;
  /** Whether optimised forms of large graphs may be kept. */
  cached: boolean;
}

/** What is asked of the process: one step in the life of a session. */
export type SessionRequest =
  | ({ step: 'open' } & SessionPlace)
  | {
      step: 'run';
      session: string;
      feeds: Record<string, HostTensor>;
      /** Names; all others are not computed. */
      outputs: string[];
    }
  | { step: 'close'; session: string };

interface Opened {
  session: string;
  sha256: string;
  inputs: DeclaredValue[];
  outputs: DeclaredValue[];
}

export type SessionAnswer = Opened | Record<string, HostTensor> | null;

/** The part of the process that is used here. */
export interface AsksSessions {
  ask(
    request: { kind: 'session' } & SessionRequest,
    onUpdate?: undefined,
    options?: { file?: string },
  ): Promise<SessionAnswer>;
}

/** The handler: sessions by name. @throws `foreign-session-lost` for one that another process had */
export function sessions(): (request: SessionRequest) => Promise<SessionAnswer> {
  const open = new Map<string, { session: Session; close(): Promise<void> }>();
  let last = 0;
  return async (request) => {
    if (request.step === 'open') {
      // Names of an earlier process must not be mistaken for those of this one.
      const name = `${process.pid}-${++last}`;
      const { session, ...told } = await openThere(request);
      open.set(name, session);
      return { session: name, ...told };
    }
    const found = open.get(request.session);
    if (request.step === 'close') {
      open.delete(request.session);
      await found?.close();
      return null;
    }
    if (!found)
      throw new MongeError({
        code: 'foreign-session-lost',
        blame: 'machine',
        what: 'the process of this session has ended',
      });
    return found.session.run(request.feeds, { outputs: request.outputs });
  };
}

async function openThere({ path, threads, cached }: SessionPlace) {
  const { model, name, sha256, path: absolute } = await readModel(path);
  checkOrder(structureOf(model), model, name);
  const { model: kept } = runnable(await readExternalData(model, absolute), name);
  const compute = openCompute({ threads, ...(cached ? { cache: { folder: modelCacheFolder() } } : {}) });
  try {
    const session = await compute.open(encodeModel(kept), { label: name, device: 'cpu' });
    const graph = kept.graph!;
    const weights = new Set((graph.initializer ?? []).map((tensor) => tensor.name));
    const inputs = (graph.input ?? []).filter((input) => !weights.has(input.name)).map(describeValue);
    // All are told, so that a caller sees which one it cannot have.
    const outputs = (model.graph?.output ?? []).map(describeValue);
    return { session: { session, close: () => compute.close() }, sha256, inputs, outputs };
  } catch (error) {
    await compute.close();
    throw error;
  }
}

/**
 * Opens a session there. `check` sees the file's hash each time that it is read.
 * @throws what reading and opening it throws, what `check` throws, and the codes of a process that ended
 */
export async function openForeignSession(
  foreign: AsksSessions,
  place: SessionPlace,
  check: (sha256: string) => void,
): Promise<ForeignSession> {
  const about = { file: place.path };
  const open = async () => {
    const opened = (await foreign.ask(
      { kind: 'session', step: 'open', ...place },
      undefined,
      about,
    )) as Opened;
    try {
      check(opened.sha256);
    } catch (error) {
      await close(opened);
      throw error;
    }
    return opened;
  };
  const close = async ({ session }: Opened) => {
    await foreign.ask({ kind: 'session', step: 'close', session }, undefined, about);
  };
  let current = await open();
  const run = async (feeds: Record<string, HostTensor>, outputs: string[]) =>
    (await foreign.ask(
      { kind: 'session', step: 'run', session: current.session, feeds, outputs },
      undefined,
      about,
    )) as Record<string, HostTensor>;
  const { sha256, inputs, outputs } = current;
  return {
    ...{ sha256, inputs, outputs },
    async run(feeds, wanted = outputs.map(({ name }) => name)) {
      try {
        return await run(feeds, [...wanted]);
      } catch (error) {
        if (!(error instanceof MongeError) || error.code !== 'foreign-session-lost') throw error;
        current = await open();
        return run(feeds, [...wanted]);
      }
    },
    // A process that ended has closed it.
    close: () => close(current).catch(() => undefined),
  };
}
