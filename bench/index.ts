/** @file `monge bench [name] [--json] [--python PATH] [--repeats N] [--largest N] [--llama FOLDER] [--sentences N] [--profile] [--decode] [--fit]`: our time and the peer's, in one run, with the ratio. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { MongeError } from '../native-models/error';
import { findPython, runPeerProcess, type PeerProcessResult } from './peer';
import { formatRows, type Row } from './report';
import { benchCompile } from './compile';
import { benchConformal } from './conformal';
import { benchProbes } from './probes';
import { benchProjection } from './projection';
import { benchLm } from './lm';
import { benchSinkhorn } from './sinkhorn';
import { benchSteer } from './steer';
import { benchTrain } from './train';

export interface BenchContext {
  repeats: number;
  /** Cases of more points are left out. */
  largest: number;
  /** How long a training process is timed. */
  seconds: number;
  /** The built entry that trains one case in a process of its own. */
  stepProcess: URL;
  /** The built entry that solves one coupling in a process of its own. */
  sinkhornProcess: URL;
  /** The built entry that fits one entropic map in a process of its own. */
  conformalProcess: URL;
  /** The built entry that answers for one language model in a process of its own. */
  lmProcess: URL;
  /** A Python that imports torch; null without. */
  python: string | null;
  /** Where bench/reference/lm/build_llama.sh left llama.cpp; null without. */
  llama: string | null;
  /** Texts that are captured; the most of a side that steering is fitted on. */
  sentences: number;
  /** Of steering its decoding alone. */
  decode: boolean;
  /** Of steering its fit alone. */
  fit: boolean;
  /** Whether language models are profiled instead of timed. */
  profile: boolean;
  referenceFolder: URL;
  /** Runs a reference script once and reads the object it prints. */
  peerProcess<T>(script: string, args: readonly (string | number)[]): Promise<PeerProcessResult<T>>;
}

const benches: Record<string, (context: BenchContext) => Promise<Row[]>> = {
  train: benchTrain,
  compile: benchCompile,
  sinkhorn: benchSinkhorn,
  conformal: benchConformal,
  projection: benchProjection,
  probes: benchProbes,
  lm: benchLm,
  steer: benchSteer,
};

/** Runs the named benchmark, or all; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      python: { type: 'string' },
      repeats: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      largest: { type: 'string', default: '131072' },
      llama: { type: 'string' },
      sentences: { type: 'string', default: '2000' },
      decode: { type: 'boolean', default: false },
      fit: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  const repeats = Number(values.repeats);
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > 1000) {
    throw new MongeError({
      code: 'bad-usage',
      what: 'the number of repeats is out of range',
      where: { key: '--repeats' },
      got: values.repeats,
      expected: 'a whole number from 1 to 1000',
    });
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 3600))
    throw new MongeError({
      code: 'bad-usage',
      what: 'the time of a training is out of range',
      where: { key: '--seconds' },
      got: values.seconds,
      expected: 'a number of seconds up to 3600',
    });
  const largest = Number(values.largest);
  if (!(largest >= 1))
    throw new MongeError({
      code: 'bad-usage',
      what: 'the largest number of points is out of range',
      where: { key: '--largest' },
      got: values.largest,
      expected: 'a number from 1',
    });
  const sentences = Number(values.sentences);
  if (!Number.isInteger(sentences) || sentences < 1 || sentences > 1e6)
    throw new MongeError({
      code: 'bad-usage',
      what: 'the number of sentences is out of range',
      where: { key: '--sentences' },
      got: values.sentences,
      expected: 'a whole number from 1 to 1,000,000',
    });
  const python = await findPython(values.python);
  const folder = new URL('../../bench/reference/', import.meta.url);
  const context: BenchContext = {
    repeats,
    largest,
    seconds,
    stepProcess: new URL('./train-step.js', import.meta.url),
    sinkhornProcess: new URL('./sinkhorn-step.js', import.meta.url),
    conformalProcess: new URL('./conformal-step.js', import.meta.url),
    lmProcess: new URL('./lm-step.js', import.meta.url),
    ...{ python, sentences, profile: values.profile, referenceFolder: folder },
    ...{ decode: values.decode, fit: values.fit },
    llama: values.llama ?? process.env['MONGE_LLAMA'] ?? null,
    peerProcess: (script, args) => runPeerProcess(python, folder, script, args),
  };
  const rows: Row[] = [];
  for (const name of names) {
    const bench = benches[name];
    if (bench === undefined) {
      throw new MongeError({
        code: 'bad-usage',
        what: 'there is no such benchmark',
        got: name,
        expected: `one of ${Object.keys(benches).join(', ')}`,
      });
    }
    process.stderr.write(`bench ${name} …\n`);
    rows.push(...(await bench(context)));
  }
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, rows })}\n`);
  else
    process.stdout.write(
      `${machine.processor}, ${machine.cores} cores, Node ${machine.node}\n\n${formatRows(rows)}\n`,
    );
  return 0;
}
