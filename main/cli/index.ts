/** @file The built command line's entry: gives the commands the real world. `bin/monge.mjs` calls `main`. */
import { createEngine } from '../engine';
import { openForeignFiles } from '../jobs/foreign-kinds';
import { defaultWorkspaceFolder, placesAround, productVersion } from '../disk/paths';
import type { CliHost } from './host';
import { runCommandLine } from './main';

interface BenchModule {
  main(args: readonly string[]): Promise<number>;
}

/** Runs one command line and sets the exit code. The process ends by itself once the engine has closed. */
export async function main(given: readonly string[]): Promise<void> {
  process.exitCode = await runCommandLine(given, realHost());
}

function realHost(): CliHost {
  const places = placesAround(import.meta.url);
  const { benchUrl } = places;
  // `monge show … | head` closes the pipe early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    print: (line) => void process.stdout.write(`${line}\n`),
    tell: (text) => void process.stderr.write(text),
    terminal: process.stderr.isTTY === true,
    environment: process.env,
    onSignal(listener) {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      const listeners = signals.map((signal) => () => listener(signal));
      signals.forEach((signal, i) => process.on(signal, listeners[i]!));
      return () => signals.forEach((signal, i) => process.off(signal, listeners[i]!));
    },
    openEngine: (request) =>
      createEngine({
        ...request,
        workspaceFolder: defaultWorkspaceFolder(),
        samplesFolder: places.samplesFolder,
        workerUrl: places.workerUrl,
        version: productVersion,
      }),
    openForeign: () => openForeignFiles(places.workerUrl),
    rendererFolder: places.rendererFolder,
    samplesFolder: places.samplesFolder,
    loadBench: benchUrl
      ? async () => {
          const module = (await import(/* @vite-ignore */ benchUrl.href)) as BenchModule;
          return (args) => module.main(args);
        }
      : null,
  };
}
