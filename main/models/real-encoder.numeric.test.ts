/** @file all-MiniLM-L6-v2 as it is published, built here, against the vectors that transformers makes with it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encoderConfig, encoderGraph, sentencePooling } from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { openCompute } from '../compute/session';
import type { HostTensor } from '../contract/compute';
import { openCheckpoint } from './checkpoint';
import { realModel } from './testing/real-models';
import { writeModelFolder } from './weight-file';

const path = realModel('minilm');

describe.skipIf(path === null)('all-MiniLM-L6-v2', () => {
  it('gives the vectors of transformers', async () => {
    const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as unknown;
    const sentences = (await read(join(import.meta.dirname, 'testing/minilm-sentences.json'))) as {
      ids: number[];
      embedding: number[];
    }[];
    const checkpoint = await openCheckpoint(path!);
    const pooling = sentencePooling(
      await read(join(path!, 'modules.json')),
      await read(join(path!, '1_Pooling/config.json')),
    );
    expect(pooling).toEqual({ kind: 'mean', normalise: true });
    const graph = encoderGraph(encoderConfig(checkpoint.config), checkpoint, { pooling, states: false });
    const folder = await mkdtemp(join(tmpdir(), 'monge-minilm-'));
    const compute = openCompute({ threads: 2 });
    try {
      const session = await compute.open(await readFile(await writeModelFolder(folder, graph)), { folder });
      const tokens = Math.max(...sentences.map(({ ids }) => ids.length));
      const batch = (of: (ids: number[], at: number) => number): HostTensor => ({
        type: 'int64',
        data: BigInt64Array.from(
          sentences.flatMap(({ ids }) => Array.from({ length: tokens }, (_, at) => BigInt(of(ids, at)))),
        ),
        dims: [sentences.length, tokens],
      });
      const { embedding } = await session.run({
        input_ids: batch((ids, at) => ids[at] ?? 0),
        attention_mask: batch((ids, at) => Number(at < ids.length)),
      });
      expectClose(
        embedding!.data as Float32Array,
        sentences.flatMap((sentence) => sentence.embedding),
        { atol: 1e-5 },
      );
    } finally {
      await compute.close();
      await rm(folder, { recursive: true });
    }
  });
});
