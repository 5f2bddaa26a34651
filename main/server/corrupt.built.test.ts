/** @file Damaged models opened through a running server, as a view and as `--model`: a code each, and the server goes on. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../engine';
import { pathsBelow } from '../disk/path-policy';
import { errorDetail } from '../../native-models/error';
import type { EngineApi } from '../contract/engine';
import type { ModelInfo } from '../contract/models';
import { modelBytes, node, value } from '../models/testing';
import { guardApi } from '../rpc/api';
import { serve, type RunningServer } from './serve';

/** What `/healthz` may take meanwhile: 99 of 100 answers, and the one that a busy machine holds up. */
const HEALTHY_MILLISECONDS = 100;
const HELD_UP_MILLISECONDS = 1000;

const folder = mkdtempSync(join(tmpdir(), 'monge-corrupt-server-'));
const root = join(folder, 'root');
const sample = join('samples', 'tiny-lm');
let engine: Engine;
let api: EngineApi;
let server: RunningServer;

beforeAll(async () => {
  mkdirSync(root);
  engine = await createEngine({
    runsFolder: join(folder, 'runs'),
    workspaceFolder: join(folder, 'home'),
    samplesFolder: 'samples',
    workerUrl: new URL('../../out/main/worker.js', import.meta.url),
    transport: 'socket',
    version: '0.0.0',
    threads: 1,
  });
  const policy = await pathsBelow([root]);
  api = guardApi(engine, policy);
  server = await serve({ engine, policy, rendererFolder: folder, port: 0 });
});
afterAll(async () => {
  await server.close();
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const gguf = readFileSync(join('native-models', 'zoo', 'language', 'testing', 'gguf', 'llama.gguf'));
const weights = readFileSync(join(sample, 'model.safetensors'));
const config = JSON.parse(readFileSync(join(sample, 'config.json'), 'utf8')) as object;
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n';
const huge = 2n ** 60n;
const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

function counted(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(huge, at);
  return copy;
}
const cyclic = modelBytes({
  input: [value('x', 2)],
  output: [value('y', 2)],
  node: [node('Add', 'a', ['x', 'y'], ['z']), node('Relu', 'b', ['z'], ['y'])],
});

/** What is put in place of a file of the tiny model, or beside it as a file of its own. */
const kinds: [name: string, content: Uint8Array | string, code: string][] = [
  ['empty.gguf', '', 'gguf-magic'],
  ['magic.gguf', new Uint8Array(1000), 'gguf-magic'],
  ['pointer.gguf', pointer, 'file-is-pointer'],
  ['tensors.gguf', counted(gguf, 8), 'gguf-count'],
  ['entries.gguf', counted(gguf, 16), 'gguf-count'],
  ['key.gguf', counted(gguf, 24), 'gguf-length'],
  ['cut.gguf', gguf.subarray(0, gguf.length - 5000), 'gguf-offset'],
  ['cyclic.onnx', cyclic, 'graph-cyclic'],
  ['cut.onnx', cyclic.subarray(0, 30), 'onnx-truncated'],
  ['model.safetensors', '', 'safetensors-truncated'],
  ['model.safetensors', pointer, 'file-is-pointer'],
  ['model.safetensors', counted(weights, 0), 'safetensors-header'],
  ['model.safetensors', weights.subarray(0, 90_000), 'safetensors-offsets'],
  ['config.json', 'hello', 'config-not-json'],
  ['config.json', deep, 'model-family'],
  ['config.json', JSON.stringify({ ...config, hidden_size: 1e9 }), 'model-config'],
  ['config.json', JSON.stringify({ ...config, num_hidden_layers: 5 }), 'checkpoint-shape'],
  // Its weights can be looked at all the same.
  ['tokenizer.json', '{"model":null}', 'model-without-words'],
  ['tokenizer.json', deep, 'model-without-words'],
  [
    'model.safetensors.index.json',
    JSON.stringify({ weight_map: { a: '../../secret.safetensors' } }),
    'referenced-file-outside',
  ],
];

let made = 0;
function placed(name: string, content: Uint8Array | string): string {
  const own = join(root, String((made += 1)));
  const isFile = /\.(gguf|onnx)$/.test(name);
  if (isFile) mkdirSync(own);
  else cpSync(sample, own, { recursive: true });
  writeFileSync(join(own, name), content);
  return isFile ? join(own, name) : own;
}

/** The code that opening ends with, that keeps it from being run, or that its first words end with. */
async function codeOf(path: string): Promise<string | null> {
  try {
    const info = (await api.openPath(path, 'model')) as ModelInfo;
    if (info.checkpoint?.problem) return info.checkpoint.problem.code;
    const sampling = {
      ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, seed: 0 },
      ...{ maxTokens: 2, stop: [] },
    };
    const job = {
      kind: 'generate',
      input: { prompt: 'The' },
      sampling,
      level: 'fp32',
      alternatives: 0,
    } as const;
    await api.languageJob(info.id, `c${made}`, job);
    return null;
  } catch (thrown) {
    return errorDetail(thrown).code;
  }
}

it('a server refuses damaged models by their codes, answers meanwhile, and opens a sound one afterwards', async () => {
  expect(await codeOf(placed('notes.txt', 'sound'))).toBeNull();
  const times: number[] = [];
  let busy = true;
  const watching = (async () => {
    while (busy) {
      const start = performance.now();
      const { status } = await fetch(`http://127.0.0.1:${server.port}/healthz`);
      times.push(performance.now() - start);
      expect(status).toBe(204);
      await sleep(10);
    }
  })();
  const found: [string, string | null][] = [];
  for (const [name, content] of kinds) found.push([name, await codeOf(placed(name, content))]);
  busy = false;
  await watching;
  expect(found).toEqual(kinds.map(([name, , code]) => [name, code]));
  times.sort((a, b) => a - b);
  const [usual, slowest] = [times[Math.ceil(times.length * 0.99) - 1]!, times.at(-1)!];
  console.log(
    `/healthz: ${times.length} answers, 99 % in ${usual.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms`,
  );
  expect(usual).toBeLessThan(HEALTHY_MILLISECONDS);
  expect(slowest).toBeLessThan(HELD_UP_MILLISECONDS);
  expect(await codeOf(placed('notes.txt', 'sound'))).toBeNull();
});

describe('`monge serve --model`', () => {
  const start = (model: string) =>
    spawn(
      process.execPath,
      [join('bin', 'monge.mjs'), 'serve', '--port', '0', '--root', root, '--model', model],
      {
        env: { ...process.env, MONGE_HOME: join(folder, 'cli'), MONGE_RUNS: join(folder, 'cli-runs') },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );

  it('ends with the code of a damaged file', async () => {
    const child = start(placed('cut.gguf', gguf.subarray(0, gguf.length - 5000)));
    let told = '';
    child.stderr.on('data', (piece: Buffer) => (told += piece.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(told).toContain('gguf-offset');
    expect(code).toBe(2);
  });

  it('serves all the same with one that cannot be run, and says why it cannot be talked to', async () => {
    const child = start(placed('config.json', JSON.stringify({ ...config, num_hidden_layers: 5 })));
    let told = '';
    child.stderr.on('data', (piece: Buffer) => (told += piece.toString()));
    const ended = new Promise((resolve) => child.on('close', resolve));
    const link = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (piece: Buffer) => resolve(piece.toString().trim()));
      child.once('close', () => reject(new Error(told)));
    });
    expect(told).toMatch(/warning: programs cannot talk to .*checkpoint-shape/);
    const key = /key (\S+)/.exec(told)![1]!;
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(new URL('/v1/models', link), { headers });
    expect(await answer.json()).toMatchObject({ data: [] });
    child.kill('SIGTERM');
    await ended;
  });
});
