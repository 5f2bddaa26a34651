/** @file What a run keeps of its looks at the validation text, for its query and its figure. */
import type { Arrays, NamedArray } from '../../contract/define';
import type { StoredRun } from '../../contract/query';
import { vector } from '../../disk/named-arrays';
import type { ByteReferences } from './references';

/** A look during training. */
export interface Look {
  step: number;
  bitsPerByte: number;
  references: ByteReferences;
  /** What the model wrote. */
  texts: string[];
}

const NAME = /^look-(\d+)$/;

/** The name and the arrays that a look is kept as. */
export function keptLook({ step, bitsPerByte, references, texts }: Look): [string, Arrays] {
  const { unigram, bigram, deflate } = references;
  return [
    `look-${step}`,
    {
      bits: vector(Float64Array.of(bitsPerByte, unigram, bigram, deflate)),
      texts: vector(new TextEncoder().encode(JSON.stringify(texts))),
    },
  ];
}

/** The looks of a run so far, by step. */
export async function looksOf({ keptNames, kept }: Pick<StoredRun, 'keptNames' | 'kept'>): Promise<Look[]> {
  const steps = keptNames.flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  const looks: Look[] = [];
  for (const step of steps.sort((a, b) => a - b)) {
    const { bits, texts } = (await kept(`look-${step}`)) as Record<'bits' | 'texts', NamedArray>;
    const [bitsPerByte, unigram, bigram, deflate] = bits.data;
    looks.push({
      ...{ step, bitsPerByte: bitsPerByte! },
      references: { unigram: unigram!, bigram: bigram!, deflate: deflate! },
      texts: JSON.parse(new TextDecoder().decode(texts.data)) as string[],
    });
  }
  return looks;
}
