/** @file The split patterns that models come with, by their names in GGUF files; all of them take linear time. */

/** GPT-2's words: one blank before letters, numbers or others; the last blank of several goes to the next word. */
export const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const words = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const others = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
export const LLAMA3 = `${contractions}|${words}|\\p{N}{1,3}|${others}`;
export const QWEN2 = `${contractions}|${words}|\\p{N}|${others}`;

/** Steps before the bytes: patterns, each splitting what the one before left. */
const byName: Readonly<Record<string, readonly string[]>> = {
  'gpt-2': [GPT2],
  gpt2: [GPT2],
  olmo: [GPT2],
  dbrx: [LLAMA3],
  mpt: [GPT2],
  'phi-2': [GPT2],
  jais: [GPT2],
  smollm: ['\\p{N}', GPT2],
  starcoder: ['\\p{N}', GPT2],
  refact: ['\\p{N}', GPT2],
  'command-r': ['\\p{N}', GPT2],
  codeshell: ['\\p{N}', GPT2],
  exaone: ['\\p{N}', GPT2],
  minerva: ['\\p{N}', GPT2],
  'llama-bpe': [LLAMA3],
  'llama-v3': [LLAMA3],
  llama3: [LLAMA3],
  falcon3: [LLAMA3],
  pixtral: [LLAMA3],
  'smaug-bpe': [LLAMA3],
  qwen2: [QWEN2],
  stablelm2: [QWEN2],
  'deepseek-r1-qwen': [QWEN2],
  hunyuan: [QWEN2],
};

/** The patterns of `tokenizer.ggml.pre`, or undefined where the name is not known. */
export const patternsNamed = (name: string): readonly string[] | undefined =>
  Object.hasOwn(byName, name) ? byName[name] : undefined;

export const patternNames = Object.keys(byName);

const known = new Set(Object.values(byName).flat());

/** Patterns spelt otherwise in files of models, linear as well. */
const spelt = new Set([
  '\\s+',
  ' ',
  ' {2,}',
  '▁+[^▁]*',
  '\\A +| +\\z',
  '\\p{N}',
  '\\p{N}{1,3}',
  `${contractions}|${words}|\\p{N}{1,3}|${others}`.replace('\\s*[\\r\\n]+', '\\s*[\\r\\n]'),
]);

/** Whether a pattern is known to take linear time, so that no guard is needed. */
export const harmless = (source: string): boolean => known.has(source) || spelt.has(source);
