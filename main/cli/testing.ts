/** @file The command line over an engine in memory, for tests. */
import { join } from 'node:path';
import type { MethodInfo, RunRecord } from '../contract/engine';
import type { Engine } from '../engine';
import { datasetInfo, fakeEngine, runRecord } from '../rpc/testing';
import type { CliHost } from './host';
import { openForeignFiles } from '../jobs/foreign-kinds';
import { runCommandLine } from './main';

/** A method with two data sets and one setting. */
export const flows: MethodInfo = {
  id: 'flows',
  title: 'Flows',
  summary: 'Carry noise to data',
  cite: 'a paper',
  icon: 'shuffle',
  metrics: [],
  figures: [],
  exports: { model: true, training: true },
  inputs: [
    {
      name: 'target',
      kind: 'dataset',
      title: 'Data',
      help: 'What to learn.',
      optional: false,
      without: 'none',
      needs: 'features',
    },
    {
      name: 'source',
      kind: 'dataset',
      title: 'Source',
      help: 'Instead of noise.',
      optional: true,
      without: 'Noise',
      needs: 'features',
    },
  ],
  fields: [
    {
      key: 'steps',
      kind: 'integer',
      title: 'Steps',
      help: 'Optimiser steps.',
      minimum: 1,
      maximum: 100,
      default: 10,
      group: 'Training',
      advanced: false,
    },
  ],
};

/** Runs one command line, with runs below `folder`, against an engine whose run ends as `outcome` says. */
export const commandLine =
  (folder: string) =>
  async (line: string[], outcome: Partial<RunRecord> = {}, answers: Partial<Engine> = {}) => {
    const printed: string[] = [];
    let told = '';
    const signals = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
    const requests: unknown[] = [];
    const engine = fakeEngine({
      methods: () => Promise.resolve([flows]),
      openPath: (path) => Promise.resolve({ ...datasetInfo(path), id: path.endsWith('b.csv') ? 'b' : 'a' }),
      startRun: () => Promise.resolve(runRecord({ id: 'r1', status: 'queued' })),
      waitForRun: () => Promise.resolve(runRecord({ id: 'r1', ...outcome })),
      listRuns: () => Promise.resolve([runRecord()]),
      run: () => Promise.resolve(runRecord({ id: 'r1', ...outcome })),
      resumeRun: () => Promise.resolve(runRecord({ id: 'r1', status: 'queued' })),
      ...answers,
    });
    const host: CliHost = {
      print: (text) => void printed.push(text),
      tell: (text) => (told += text),
      terminal: false,
      environment: { MONGE_RUNS: join(folder, 'runs'), MONGE_HOME: join(folder, 'home') },
      onSignal(listener) {
        signals.add(listener);
        return () => signals.delete(listener);
      },
      openEngine: async (request) => {
        requests.push(request);
        return engine;
      },
      openForeign: () => openForeignFiles(null),
      rendererFolder: folder,
      samplesFolder: 'samples',
      loadBench: null,
    };
    const send = (signal: 'SIGINT' | 'SIGTERM') => signals.forEach((listener) => listener(signal));
    const work = runCommandLine(line, host);
    return { code: await work, printed, told, engine, requests, send, signals };
  };
