/** @file The models of others that tests may use where `npm run models` has fetched them; too large to be committed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const files = {
  /** SmolLM2-135M-Instruct as a Q4_1 GGUF. */
  smollm2: 'smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  /** all-MiniLM-L6-v2 as a safetensors folder. */
  minilm: 'minilm',
} as const;

const folder = process.env.MONGE_MODELS ?? '.cache/models';

/** Where a model lies; null, said on standard error, where it was not fetched: its tests are to be skipped. */
export function realModel(name: keyof typeof files): string | null {
  const path = join(folder, files[name]);
  if (existsSync(path)) return path;
  console.warn(`skipped: ${path} is not there; \`npm run models\` fetches it`);
  return null;
}
