/** @file The studies of steering on a real model, each on its own: `strength` and `detect`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MongeError } from '../../../native-models/error';
import { detectStudy } from './detect';
import { detectReport, strengthReport } from './report';
import { studySession } from './session';
import { measureStrength } from './strength';

/** Prints tables; what was measured lies in the folder, and is not measured again. */
export async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      model: { type: 'string', default: '.cache/models/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' },
      data: { type: 'string', default: '../shared/data' },
      out: { type: 'string', default: 'steering-studies' },
      threads: { type: 'string', default: '1' },
      prompts: { type: 'string', default: '420' },
      every: { type: 'string', default: '1' },
      first: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const { data, out, model, only } = values;
  mkdirSync(out, { recursive: true });
  const session = await studySession(model, {
    threads: Number(values.threads),
    cacheFolder: join(out, 'cache'),
  });
  const shared = { session, data, out };
  switch (positionals[0]) {
    case 'strength':
      console.log(
        strengthReport(await measureStrength({ ...shared, prompts: Number(values.prompts), copies: 80 })),
      );
      return;
    case 'detect':
      console.log(
        detectReport(
          await detectStudy({
            ...{ ...shared, only, every: Number(values.every), copies: 8, tokens: 20 },
            ...{ role: 'resid_post', lambda: 1, first: values.first },
          }),
        ),
      );
      return;
    default:
      throw new MongeError({
        code: 'bad-usage',
        what: 'there is no such study',
        got: positionals[0] ?? 'none',
        expected: 'strength or detect',
      });
  }
}
