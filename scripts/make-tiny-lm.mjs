/** @file Writes samples/tiny-lm: run `node scripts/make-tiny-lm.mjs` after changing the sample sentences or the method. Takes a minute or two. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const target = join(root, 'samples', 'tiny-lm');
const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];

/** Small enough to ship, deep enough that its layers differ. */
const settings = {
  ...{ rows: 'texts', tokenizer: 'bpe', vocabulary: 512 },
  ...{ layers: 4, width: 64, heads: 4, kvHeads: 2, hidden: 176, context: 128 },
  ...{ steps: 600, batchSize: 16, numbers: 'float16' },
};

const folder = mkdtempSync(join(tmpdir(), 'monge-tiny-lm-'));
try {
  const { code } = await run(process.execPath, [
    ...[join(root, 'bin', 'monge.mjs'), 'run', 'tiny-lm', '--text', join(root, 'samples', 'sentences.jsonl')],
    ...['--seed', '1', '--out', folder],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ]);
  if (code !== 0) throw new Error(`the training ended with code ${code}`);
  const [made] = readdirSync(folder);
  mkdirSync(target, { recursive: true });
  for (const name of files) {
    copyFileSync(join(folder, made, 'artifacts', name), join(target, name));
    console.log(`samples/tiny-lm/${name}  ${statSync(join(target, name)).size.toLocaleString('en')} bytes`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
