/** @file The engine as a child process: started, watched, restarted, and connected to the page by one port per load. */
import { MessageChannelMain, utilityProcess } from 'electron';
import type { UtilityProcess, WebContents } from 'electron';
import { formatError } from '../native-models/error';
import type { ErrorDetail } from '../native-models/error';
import { toPage } from './channels';
import type { EngineState } from '../main/contract/desktop';

/** What the engine is told when it starts; `main/host/utility.ts` reads it as JSON from its first argument. */
export interface EngineOptions {
  runsFolder: string;
  workspaceFolder: string;
  samplesFolder: string;
  version: string;
}

/** Waiting times before the first, second, … restart; after the last one the shell stops trying by itself. */
const restartDelays = [250, 500, 1000, 2000, 5000, 10_000];
/** A life this long counts as healthy, and the waiting times begin anew. */
const healthyMilliseconds = 60_000;
/** How long a closing engine may take to write its last checkpoint before it is ended. */
const closeMilliseconds = 15_000;

export class EngineProcess {
  readonly #script: string;
  readonly #options: EngineOptions;
  readonly #onGaveUp: (reason: string | null) => void;
  #child: UtilityProcess | null = null;
  #page: WebContents | null = null;
  #quickDeaths = 0;
  #startedAt = 0;
  /** Why the engine could not start, in its own words. */
  #failure: string | null = null;
  #retry: NodeJS.Timeout | null = null;
  #closing: Promise<void> | null = null;

  /**
   * @param script path of the built engine, `out/main/engine.js`
   * @param onGaveUp called when the engine has stopped too often; `forgive` tries again
   */
  constructor(
    script: string,
    options: EngineOptions,
    onGaveUp: (reason: string | null) => void = () => undefined,
  ) {
    this.#script = script;
    this.#options = options;
    this.#onGaveUp = onGaveUp;
  }

  /** Starts the engine unless it runs already. */
  start(): void {
    this.#start(this.#options);
  }

  #start(options: EngineOptions & { resumeInterrupted?: true }): void {
    if (this.#child || this.#closing) return;
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    const child = utilityProcess.fork(this.#script, [JSON.stringify(options)], {
      serviceName: 'monge-engine',
      stdio: 'inherit',
    });
    this.#child = child;
    this.#failure = null;
    this.#startedAt = Date.now();
    child.on('message', (message: unknown) => this.#onMessage(message));
    child.on('exit', (code: number) => this.#onExit(child, code));
  }

  /**
   * Gives the page a new port to the engine. While the engine waits to be restarted the port follows then: a page
   * that asks by itself must not shorten the waiting times.
   */
  connect(page: WebContents): void {
    this.#page = page;
    this.#sendPort();
  }

  /** Starts once more after giving up, with the short waiting times again: a person asked, by a button or a reload. */
  forgive(): void {
    if (this.#child || this.#retry) return;
    this.#quickDeaths = 0;
    this.start();
    this.#sendPort();
  }

  /** Asks the engine to save and end, waits for it, and ends it when it takes too long. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#retry) clearTimeout(this.#retry);
    const child = this.#child;
    if (!child) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => child.kill(), closeMilliseconds);
      child.once('exit', () => {
        clearTimeout(limit);
        resolve();
      });
      child.postMessage({ type: 'close' });
    });
  }

  #sendPort(): void {
    const page = this.#page;
    if (!this.#child || !page || page.isDestroyed()) return;
    const { port1, port2 } = new MessageChannelMain();
    this.#child.postMessage({ type: 'connect' }, [port1]);
    page.postMessage(toPage.enginePort, null, [port2]);
  }

  #onMessage(message: unknown): void {
    if (isFailed(message)) this.#failure = formatError(message.detail);
    if (isResumed(message)) this.#tell({ state: 'restarted', resumed: message.runs });
  }

  #onExit(child: UtilityProcess, exitCode: number): void {
    if (this.#child !== child) return;
    this.#child = null;
    if (this.#closing) return;
    if (Date.now() - this.#startedAt >= healthyMilliseconds) this.#quickDeaths = 0;
    const delay = restartDelays[this.#quickDeaths];
    this.#quickDeaths += 1;
    if (delay === undefined) {
      this.#tell({ state: 'gave-up', exitCode });
      this.#onGaveUp(this.#failure);
      return;
    }
    this.#tell({ state: 'stopped', exitCode, restartInMilliseconds: delay });
    this.#retry = setTimeout(() => {
      // It goes on with the runs of the dead one, and says so once it is open. After giving up it does not: a run
      // that ends the engine every time has to wait for a person.
      this.#start({ ...this.#options, resumeInterrupted: true });
      this.#sendPort();
    }, delay);
  }

  #tell(state: EngineState): void {
    if (this.#page && !this.#page.isDestroyed()) this.#page.send(toPage.engineState, state);
  }
}

/** The engine's last words when it cannot open. */
function isFailed(message: unknown): message is { type: 'failed'; detail: ErrorDetail } {
  if (typeof message !== 'object' || message === null) return false;
  const { type, detail } = message as { type?: unknown; detail?: Partial<ErrorDetail> | null };
  return type === 'failed' && typeof detail?.code === 'string' && typeof detail.what === 'string';
}

/** The engine's report, after a restart, of the interrupted runs it took up again. */
function isResumed(message: unknown): message is { type: 'resumed'; runs: { run: string; step: number }[] } {
  if (typeof message !== 'object' || message === null) return false;
  const { type, runs } = message as { type?: unknown; runs?: unknown };
  return (
    type === 'resumed' &&
    Array.isArray(runs) &&
    runs.every((entry: unknown) => {
      const { run, step } = (entry ?? {}) as { run?: unknown; step?: unknown };
      return typeof run === 'string' && typeof step === 'number';
    })
  );
}
