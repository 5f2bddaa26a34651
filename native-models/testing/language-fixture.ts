/** @file Tiny random checkpoints with what transformers computes from them, made by bench/reference/language/language_models.py. */
import { readFileSync } from 'node:fs';
import { MongeError } from '../error';
import { writeElements, type StoredArray } from '../io/elements';
import { decodeSafetensors } from '../io/safetensors';
import type { WeightSource } from '../zoo/language/weights';

/** One text and what transformers computes from it alone. */
export interface ReferenceText {
  ids: number[];
  /** [tokens, vocabulary] */
  logits: Float32Array;
  /** [layers + 1, tokens, width]: before every block and after the last. */
  states: Float32Array;
  /** [tokens, width], after the final norm. */
  final: Float32Array;
  /** [layers, heads, tokens, tokens]; not of every text. */
  patterns: Float32Array | null;
}

export interface LanguageFixture {
  config: Record<string, unknown>;
  /** The same in the keys of older files; null where they are the same. */
  older: Record<string, unknown> | null;
  source: WeightSource;
  texts: ReferenceText[];
}

/** The decoders that there are fixtures of. */
export const languageFixtures = [
  'llama',
  'smollm2',
  'mistral',
  'qwen2',
  'qwen3',
  'gemma2',
  'gemma3',
  'phi3',
  'olmo2',
  'gpt2',
  'gpt_neox',
] as const;

/** A checkpoint and the arrays that belong to it, of native-models/zoo/language/fixtures/<name>.safetensors. */
export function loadTensorFixture(name: string): {
  config: Record<string, unknown>;
  older: Record<string, unknown> | null;
  source: WeightSource;
  expected: Readonly<Record<string, StoredArray>>;
} {
  const file = new URL(`../zoo/language/fixtures/${name}.safetensors`, import.meta.url);
  const { arrays, metadata } = decodeSafetensors(readFileSync(file), file.pathname);
  const isExpected = /^(image|logits|pooled|(text|logits|states|final|patterns|pooled|mean|cls|max)\.\d+)$/;
  const part = (of: boolean) =>
    Object.fromEntries(Object.entries(arrays).filter(([key]) => isExpected.test(key) === of));
  return {
    config: JSON.parse(metadata.config!) as Record<string, unknown>,
    older: metadata.older === undefined ? null : (JSON.parse(metadata.older) as Record<string, unknown>),
    source: sourceOf(part(false)),
    expected: part(true),
  };
}

/** The fixture of one decoder. */
export function loadLanguageFixture(name: string): LanguageFixture {
  const { expected, ...rest } = loadTensorFixture(name);
  const numbers = (key: string) => expected[key]!.data as Float32Array;
  const count = Object.keys(expected).filter((key) => key.startsWith('text.')).length;
  return {
    ...rest,
    texts: Array.from({ length: count }, (_, index) => ({
      ids: Array.from(expected[`text.${index}`]!.data, Number),
      logits: numbers(`logits.${index}`),
      states: numbers(`states.${index}`),
      final: numbers(`final.${index}`),
      patterns: expected[`patterns.${index}`] ? numbers(`patterns.${index}`) : null,
    })),
  };
}

/** Arrays in memory as the tensors of a checkpoint. */
export function sourceOf(arrays: Readonly<Record<string, StoredArray>>): WeightSource {
  const find = (name: string): StoredArray => {
    if (Object.hasOwn(arrays, name)) return arrays[name]!;
    throw new MongeError({
      code: 'tensor-unknown',
      what: 'there is no such tensor',
      where: { tensor: name },
    });
  };
  return {
    names: Object.keys(arrays),
    has: (name) => Object.hasOwn(arrays, name),
    shape: (name) => find(name).shape,
    type: (name) => (find(name).dtype === 'bfloat16' ? 'BF16' : 'F32'),
    bytes: async (name) => writeElements(find(name)),
    float32: async (name) => Float32Array.from(find(name).data as Float32Array),
  };
}
