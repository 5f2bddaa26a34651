/** @file Writes samples/tiny-lm and samples/topics-lm: `node scripts/make-language-models.mjs [NAME]` after changing their texts or the method. Takes a minute or two each. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const shared = { rows: 'texts', tokenizer: 'bpe', vocabulary: 512, batchSize: 16, numbers: 'float16' };

/** Small enough to ship, deep enough that layers differ. */
const models = {
  'tiny-lm': {
    text: 'sentences.jsonl',
    settings: { layers: 4, width: 64, heads: 4, kvHeads: 2, hidden: 176, context: 128, steps: 600 },
  },
  'topics-lm': {
    text: 'topics.jsonl',
    settings: { layers: 4, width: 64, heads: 4, kvHeads: 2, hidden: 128, context: 64, steps: 500 },
  },
};

const [chosen] = process.argv.slice(2);
if (chosen !== undefined && !(chosen in models))
  throw new Error(`no model ${chosen}; there are ${Object.keys(models).join(', ')}`);
for (const [name, { text, settings }] of Object.entries(models)) {
  if (chosen !== undefined && name !== chosen) continue;
  const target = join(root, 'samples', name);
  const folder = mkdtempSync(join(tmpdir(), 'monge-language-model-'));
  try {
    const { code } = await run(process.execPath, [
      ...[join(root, 'bin', 'monge.mjs'), 'run', 'tiny-lm', '--text', join(root, 'samples', text)],
      ...['--seed', '1', '--out', folder],
      ...Object.entries({ ...shared, ...settings }).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ]);
    if (code !== 0) throw new Error(`the training ended with code ${code}`);
    const [made] = readdirSync(folder);
    mkdirSync(target, { recursive: true });
    for (const file of files) {
      copyFileSync(join(folder, made, 'artifacts', file), join(target, file));
      console.log(`samples/${name}/${file}  ${statSync(join(target, file)).size.toLocaleString('en')} bytes`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
