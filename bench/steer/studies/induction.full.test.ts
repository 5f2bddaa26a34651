/**
 * @file Football brought about in SmolLM2-135M, as docs/results/steering.md has it: presence rises with λ, random maps do not raise it. Skipped
 * without the model and the sentences. With MONGE_STUDY=FOLDER the whole study is made, or gone on with, there: hours on two cores.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { realModel } from '../../../main/models/testing/real-models';
import { inductionStudy, pointOfStored } from './induction';
import { inductionReport } from './induction-report';
import { studySession } from './session';

const path = realModel('smollm2');
const data = join('..', 'shared', 'data');
const hasData = existsSync(join(data, 'steering', 'concepts'));
if (!hasData) console.warn(`skipped: ${data} is not there`);
const whole = process.env.MONGE_STUDY;
const folder = mkdtempSync(join(tmpdir(), 'monge-induction-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!path || !hasData)('SmolLM2-135M steered to football', () => {
  it(
    'speaks of it at λ = 1, in between at 0.5, and not with random maps',
    { timeout: 1_800_000 },
    async () => {
      const session = await studySession(path!, { threads: 2, cacheFolder: folder });
      const stored = await inductionStudy({
        ...{ session, data, out: folder, copies: 16, neutral: 8 },
        ...{ arms: ['linear-act', 'random'], lambdas: [0.5, 1] },
      });
      const presence = (name: string) => pointOfStored(stored, name).presence.value;
      expect(presence('linear-act 1')).toBeGreaterThan(presence('none') + 0.4);
      expect(presence('linear-act 0.5')).toBeGreaterThan(presence('none'));
      expect(presence('random 1')).toBeLessThan(presence('none') + 0.2);
    },
  );

  it.skipIf(whole === undefined)('is studied whole', { timeout: 86_400_000 }, async () => {
    const session = await studySession(path!, { threads: 2, cacheFolder: folder });
    await inductionStudy({ session, data, out: whole!, copies: 100, neutral: 64 });
    const report = inductionReport(readFileSync(join(whole!, 'induction.json')));
    writeFileSync(join(whole!, 'induction.md'), report);
  });
});
