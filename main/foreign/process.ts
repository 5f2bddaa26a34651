/** @file The parent's side: one disposable child process that answers calls, watched, ended when it must be, and replaced. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MongeError } from '../../native-models/error';
import { CallClock } from './clock';
import { endingError, stopped, type Ending } from './errors';
import { memoryLimit } from './limits';
import type { AskOptions, Foreign, ForeignKinds, ForeignRequest, FromForeign, ToForeign } from './messages';
import { memoryOf, type ForeignSetup } from './watch';

export interface ForeignOptions {
  /** Bytes that the process may hold; default: `memoryLimit` of the environment. */
  memoryBytes?: number;
  /** Milliseconds that a call given up has before its process is ended (2,000). */
  graceMilliseconds?: number;
  /** Seconds that a new process has to come up (60): a busy machine is slow, a broken installation says so at once. */
  startSeconds?: number;
}

/** What of the child's standard error is kept for the error of its end. */
const SAID_CHARACTERS = 8192;
const HEAP_EXHAUSTED = /heap out of memory|heap limit|Zone Allocation failed|Array buffer allocation failed/i;

interface Call {
  file: string | undefined;
  clock: CallClock;
  onUpdate(update: unknown): void;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  signal: AbortSignal | undefined;
}

/** One child: its calls end when it does. */
interface Child {
  process: ChildProcess;
  calls: Map<number, Call>;
  ready: boolean;
  /** Set once it is being ended on purpose. */
  ending: Ending | null;
  exited: Promise<void>;
  /** The answers to its calls. */
  answers: Set<Promise<unknown>>;
}

/** Children that would outlive a thread that ends while their main thread is blocked. */
const living = new Set<ChildProcess>();
process.on('exit', () => living.forEach((child) => child.kill('SIGKILL')));

/** `entry` is a built file that calls `serveForeign` with this table. Nothing is started yet. */
export function openForeign<Kinds extends ForeignKinds>(
  entry: URL,
  kinds: Kinds,
  { memoryBytes = memoryLimit(), graceMilliseconds = 2000, startSeconds = 60 }: ForeignOptions = {},
): Foreign<Kinds> {
  /** Those that have not ended yet. */
  const children = new Set<Child>();
  /** The one that is asked. */
  let current: Child | null = null;
  let lastCall = 0;

  function end(child: Child, ending: Ending): void {
    if (child.ending) return;
    child.ending = ending;
    // What is asked from now on goes to a new one, without waiting for the end of this.
    if (current === child) current = null;
    child.process.kill('SIGKILL');
  }

  function start(): Child {
    const { child, said, lastWord } = startProcess(entry, { memoryBytes });
    const calls = new Map<number, Call>();
    const started: Child = {
      ...{ process: child, calls, ready: false, ending: null },
      ...{ exited: Promise.resolve(), answers: new Set() },
    };
    children.add(started);
    const late = setTimeout(() => child.kill('SIGKILL'), startSeconds * 1000).unref();
    child.on('message', (message: FromForeign) => {
      if ('ready' in message) {
        started.ready = true;
        clearTimeout(late);
        return;
      }
      const call = calls.get(message.call);
      if (!call) return;
      if ('began' in message) return call.clock.start();
      if ('update' in message) {
        call.clock.heard();
        return call.onUpdate(message.update);
      }
      settle(started, message.call);
      if ('error' in message) call.reject(new MongeError(message.error));
      else call.resolve(message.value);
    });
    started.exited = new Promise((resolve) => {
      const ended = (code: number | null, signal: string | null) => {
        clearTimeout(late);
        living.delete(child);
        children.delete(started);
        if (current === started) current = null;
        const ending = started.ending ?? endingOf(code, signal, started.ready, said(), memoryOf(lastWord()));
        for (const [number, call] of calls) {
          settle(started, number);
          const givenUp = ending.cause === 'stopped' && ending.call === number;
          call.reject(givenUp ? reasonOf(call) : endingError(ending, number, call.file, memoryBytes));
        }
        resolve();
      };
      // 'close' comes after the last word was read; an error without a process has no 'close'.
      child.once('close', ended);
      child.once('error', () => child.pid === undefined && ended(null, null));
    });
    return started;
  }

  function settle(child: Child, call: number): void {
    child.calls.get(call)?.clock.stop();
    child.calls.delete(call);
    if (child.calls.size === 0) keepAlive(child.process, false);
  }

  function giveUp(child: Child, number: number): void {
    const call = child.calls.get(number);
    if (!call) return;
    send(child.process, { stop: number });
    // What still waits behind another call harms nobody.
    if (!call.clock.started) {
      settle(child, number);
      return call.reject(reasonOf(call));
    }
    setTimeout(() => {
      if (child.calls.has(number)) end(child, { cause: 'stopped', call: number });
    }, graceMilliseconds);
  }

  async function ask(
    request: ForeignRequest,
    onUpdate: (update: unknown) => void = () => undefined,
    { signal, file }: AskOptions = {},
  ): Promise<unknown> {
    if (signal?.aborted) throw reasonOf({ signal, file });
    // One that has ended, of which only the news is not here yet.
    if (current && !current.process.connected) current = null;
    const child = (current ??= start());
    const number = ++lastCall;
    const limits = Object.hasOwn(kinds, request.kind) ? kinds[request.kind]!.limits : {};
    const clock = new CallClock(limits, (seconds, silent) =>
      end(child, { cause: 'time', call: number, seconds, silent }),
    );
    const answer = new Promise<unknown>((resolve, reject) => {
      child.calls.set(number, { file, clock, onUpdate, resolve, reject, signal });
      keepAlive(child.process, true);
      try {
        send(child.process, { call: number, request });
      } catch (error) {
        // A request that cannot be copied.
        settle(child, number);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    const onAbort = () => giveUp(child, number);
    signal?.addEventListener('abort', onAbort);
    child.answers.add(answer);
    try {
      return await answer;
    } finally {
      child.answers.delete(answer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  return {
    get started() {
      return current !== null;
    },
    ask: ask as Foreign<Kinds>['ask'],
    async close() {
      const left = [...children];
      for (const child of left) for (const number of child.calls.keys()) giveUp(child, number);
      await Promise.all(
        left.map(async (child) => {
          await Promise.allSettled(child.answers);
          // Idle ones hold nothing up; this end is waited for.
          keepAlive(child.process, true);
          end(child, { cause: 'stopped', call: null });
          await child.exited;
        }),
      );
    },
  };
}

function startProcess(entry: URL, setup: ForeignSetup) {
  const heap = Math.floor(setup.memoryBytes / 2 ** 20);
  const child = fork(fileURLToPath(entry), [JSON.stringify(setup)], {
    serialization: 'advanced',
    // Nothing of the parent's flags: an inspector or a test's loader has no place here.
    execArgv: [`--max-old-space-size=${heap}`],
    // In Electron the same binary is then plain Node.
    env: { ...process.env, ...(process.versions.electron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) },
    // Foreign code must not write into what a command prints. The last pipe is for the watch's last word.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
  });
  living.add(child);
  const debug = (process.env.MONGE_DEBUG ?? '') !== '';
  const said = tail(child.stderr!, debug);
  const lastWord = tail(child.stdio[4] as Readable, false);
  keepAlive(child, false);
  return { child, said, lastWord };
}

function endingOf(
  code: number | null,
  signal: string | null,
  ready: boolean,
  said: string,
  memory: number | null,
): Ending {
  if (memory !== null) return { cause: 'memory', bytes: memory };
  if (HEAP_EXHAUSTED.test(said)) return { cause: 'memory', bytes: null };
  const line = said.trim().split('\n').at(-1)!.slice(0, 200);
  return { cause: 'exit', code, signal, ready, said: line };
}

/** What a call given up throws. */
function reasonOf({ signal, file }: Pick<Call, 'signal' | 'file'>): MongeError {
  const reason: unknown = signal?.reason;
  return reason instanceof MongeError ? reason : stopped(file);
}

/** What a stream said last. */
function tail(stream: Readable, show: boolean): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    text = (text + piece).slice(-SAID_CHARACTERS);
    if (show) process.stderr.write(piece);
  });
  stream.on('error', () => undefined);
  return () => text;
}

/** A child that is only kept warm holds nobody's end up. */
function keepAlive(child: ChildProcess, busy: boolean): void {
  const handles = [child, child.channel, ...child.stdio] as ({ ref?(): void; unref?(): void } | null)[];
  for (const handle of handles)
    if (busy) handle?.ref?.();
    else handle?.unref?.();
}

function send(child: ChildProcess, message: ToForeign): void {
  // One that has just ended fails its calls when its end is heard.
  if (child.connected) child.send(message, () => undefined);
}
