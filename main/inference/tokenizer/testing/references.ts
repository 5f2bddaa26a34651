/** @file The tokenizers that bench/reference/tokenizers.py trained, with what Python's library gives for lines of ours. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Json } from '../reading';

export interface Reference {
  tokenizer: string;
  /** `truncation` to eight ids and `padding`, as the library writes them, from the left. */
  declared: Json;
  lines: {
    text: string;
    ids: number[];
    plain: number[];
    offsets: [number, number][];
    decoded: string;
    skipped: string;
  }[];
  cut: { left: number[][]; right: number[][] };
  shared: { ids: string[]; texts: string[] };
}

export const kinds = ['gpt2', 'smollm', 'llama3', 'qwen2', 'llama2', 'gemma', 't5', 'xlm', 'bert'] as const;

/** That of SmolLM2 has hashes alone. */
export function reference(kind: (typeof kinds)[number] | 'smollm2'): Reference {
  const bytes = readFileSync(new URL(`${kind}.json.gz`, import.meta.url));
  return JSON.parse(gunzipSync(bytes).toString('utf8')) as Reference;
}

/** What llama.cpp gives for the vocabulary inside SmolLM2's GGUF file: `bench/reference/lm/llama_tokens.py`. */
export interface LlamaReference {
  lines: { text: string; ids: number[] }[];
  /** Eight letters of the SHA-256 of the ids (32 bits) of each stretch of the shared texts, one after the other. */
  shared: string;
}

export function llamaReference(): LlamaReference {
  const bytes = readFileSync(new URL('smollm2-llama.json.gz', import.meta.url));
  return JSON.parse(gunzipSync(bytes).toString('utf8')) as LlamaReference;
}
