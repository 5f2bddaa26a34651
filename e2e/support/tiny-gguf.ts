/** @file The shipped language model as one file, as llama.cpp keeps models: a browser cannot send a folder. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../../native-models';
import { llamaGguf } from '../../native-models/testing/llama-gguf';
import { root } from './server';

interface TokenizerJson {
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
}

const shipped = join(root, 'samples', 'tiny-lm');
const read = <T>(name: string): T => JSON.parse(readFileSync(join(shipped, name), 'utf8')) as T;

/** Writes the model, made for `context` tokens, with 4-bit weights wherever a row is whole blocks of 32; returns its path. */
export async function writeTinyGguf(folder: string, context = 128): Promise<string> {
  const { arrays } = decodeSafetensors(readFileSync(join(shipped, 'model.safetensors')));
  const source = {
    names: Object.keys(arrays),
    shape: (name: string) => arrays[name]!.shape,
    float32: (name: string) => Promise.resolve(Float32Array.from(arrays[name]!.data as Float32Array)),
  };
  const typeOf = (name: string) =>
    name.includes('embed') ? 'Q8_0' : arrays[name]!.shape[1]! % 32 === 0 ? 'Q4_1' : 'F32';
  const config = { ...read<Record<string, unknown>>('config.json'), max_position_embeddings: context };
  const { vocab, merges } = read<TokenizerJson>('tokenizer.json').model;
  const tokens = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!);
  const bytes = await llamaGguf(config, source, typeOf, {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': Int32Array.from(tokens, (_, id) => (id === 0 ? 3 : 1)),
    'tokenizer.ggml.merges': merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' '))),
    'tokenizer.ggml.bos_token_id': 0,
    'tokenizer.ggml.eos_token_id': 0,
  });
  const path = join(folder, 'tiny-lm.gguf');
  writeFileSync(path, bytes);
  return path;
}
