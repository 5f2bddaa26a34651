/**
 * @file SmolLM2-135M beside transformers and llama.cpp, two threads each: all stay loaded and take turns, so that a
 * disturbed minute does not fall on one side alone. The best of the repeats counts on every side.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../index';
import { formatRows, type Row } from '../report';
import { AnsweringProcess } from './process';
import { printProfiles } from './profile';
import { sentences, type LmSetting } from './protocol';
import { lmRows, type Measured } from './rows';

const THREADS = 2;
const SETTINGS: readonly LmSetting[] = ['chat level 4', 'level 0, rescored', 'fp32', 'capture'];
/** Context, new tokens. */
const SHORT = { context: 64, tokens: 64 };
const PROMPT = { context: 512, tokens: 1 };
const LONG = { context: 2048, tokens: 32 };

export async function benchLm(context: BenchContext): Promise<Row[]> {
  const folder = process.env['MONGE_MODELS'] ?? '.cache/models';
  const model = resolve(folder, 'smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf');
  if (!existsSync(model)) {
    process.stderr.write(`bench lm is left out: ${model} is not there; \`npm run models\` fetches it\n`);
    return [];
  }
  const scratch = await mkdtemp(join(tmpdir(), 'monge-lm-'));
  const sides = new Map<string, AnsweringProcess>();
  const measured: Measured = {};
  try {
    const file = join(scratch, 'sentences.json');
    await writeFile(file, JSON.stringify(sentences(context.sentences)));
    if (context.profile) {
      const args = (setting: LmSetting) => [
        fileURLToPath(context.lmProcess),
        model,
        setting,
        String(THREADS),
      ];
      const open = (setting: LmSetting) =>
        new AnsweringProcess(process.execPath, args(setting), { MONGE_BENCH_PROFILE: '1' });
      await printProfiles(open, file);
      return [];
    }
    for (const setting of SETTINGS) {
      const args = [fileURLToPath(context.lmProcess), model, setting, String(THREADS)];
      sides.set(setting, new AnsweringProcess(process.execPath, args));
    }
    for (const [name, peer] of peers(context, model)) sides.set(name, peer);
    for (const [name, side] of sides) {
      process.stderr.write(`bench lm: opening ${name}\n`);
      try {
        measured[name] = {
          open: [await side.ask({ ask: 'open' })],
          short: [],
          prompt: [],
          long: [],
          capture: [],
        };
      } catch (error) {
        // One of ours that fails fails the benchmark.
        if ((SETTINGS as readonly string[]).includes(name)) throw error;
        process.stderr.write(`bench lm: without ${name}: ${String(error)}\n`);
        sides.delete(name);
      }
    }
    for (let repeat = 0; repeat < context.repeats; repeat++) {
      process.stderr.write(`bench lm: round ${repeat + 1} of ${context.repeats}\n`);
      for (const [name, side] of sides) {
        const own = measured[name]!;
        if (name === 'capture') continue;
        own.short.push(await side.ask({ ask: 'decode', ...SHORT }));
        own.prompt.push(await side.ask({ ask: 'decode', ...PROMPT }));
      }
      // What is known so far, should the rest be cut off.
      process.stderr.write(`${formatRows(lmRows(measured, context.sentences))}\n`);
    }
    // These take minutes on the slower sides: a long context once, captures twice.
    for (const [name, side] of sides)
      if (name !== 'fp32' && name !== 'capture')
        measured[name]!.long.push(await side.ask({ ask: 'decode', ...LONG }));
    for (const name of ['capture', 'transformers', 'capture', 'transformers'])
      if (sides.has(name)) measured[name]!.capture.push(await sides.get(name)!.ask({ ask: 'capture', file }));
    for (const [name, side] of sides)
      measured[name]!.memory = (await side.ask({ ask: 'memory' }))['megabytes'];
    return lmRows(measured, context.sentences);
  } finally {
    for (const side of sides.values()) side.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The peers that can be had; what is missing is said. */
function peers(context: BenchContext, model: string): [string, AnsweringProcess][] {
  const found: [string, AnsweringProcess][] = [];
  const script = fileURLToPath(new URL('lm/peer.py', context.referenceFolder));
  const { python, llama } = context;
  if (python === null || !existsSync(script)) {
    process.stderr.write(
      'bench lm: no Python with torch, so no peers; give one with --python or MONGE_PYTHON\n',
    );
    return found;
  }
  const args = (kind: string) => [script, kind, model, String(THREADS)];
  found.push(['transformers', new AnsweringProcess(python, args('transformers'))]);
  if (llama === null)
    process.stderr.write(
      'bench lm: no llama.cpp; bench/reference/lm/build_llama.sh makes it for --llama FOLDER\n',
    );
  else
    found.push([
      'llama.cpp',
      new AnsweringProcess(python, args('llama.cpp'), {
        LLAMA_CPP_LIB_PATH: join(llama, 'lib'),
        PYTHONPATH: llama,
        LD_LIBRARY_PATH: join(llama, 'lib'),
      }),
    ]);
  return found;
}
