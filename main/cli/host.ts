/** @file What the commands have of the world: output, signals and an engine. Tests give their own. */
import type { Engine } from '../engine';
import type { ForeignFiles } from '../jobs/foreign-kinds';

export interface EngineRequest {
  runsFolder: string;
  transport: 'port' | 'socket';
  threads?: number;
}

export interface CliHost {
  /** One line of result on standard output. */
  print(line: string): void;
  /** Text for a person, on standard error; ends with a newline unless it updates a line. */
  tell(text: string): void;
  /** Whether standard error is a terminal whose line can be updated. */
  readonly terminal: boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** Calls the listener at SIGINT and SIGTERM until the returned function is called. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Opens an engine, which the command must close. */
  openEngine(request: EngineRequest): Promise<Engine>;
  /** Where files of others are read and run, which the command must close. */
  openForeign(): ForeignFiles;
  /** Folder of the built view, for `serve`. */
  readonly rendererFolder: string;
  /** Folder of the shipped samples. */
  readonly samplesFolder: string;
  /** The built benchmarks; null when they are not there. */
  readonly loadBench: (() => Promise<(args: readonly string[]) => Promise<number>>) | null;
}

/** The process for foreign files for the length of `work`; it is closed whatever happens. */
export async function withForeign<T>(host: CliHost, work: (foreign: ForeignFiles) => Promise<T>): Promise<T> {
  const foreign = host.openForeign();
  try {
    return await work(foreign);
  } finally {
    await foreign.close();
  }
}

/** Opens an engine for the length of `work` and closes it whatever happens: a worker never outlives its engine. */
export async function withEngine<T>(
  host: CliHost,
  request: EngineRequest,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await host.openEngine(request);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}
