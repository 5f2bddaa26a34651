/** @file Many texts continued for a method: several at once, each with a seed of its own. */
import type { ContinueNews, ContinueRequest, ContinueResult } from '../../contract/language';
import { MongeError } from '../../../native-models/error';
import type { NumericRecord } from '../decoding';
import type { OpenedLanguage } from './opened';
import { finishes, promptOf, wordsOf } from './words';

/** @throws `model-without-words`, `chat-template-missing`, and the codes of `generate` and `renderChat`, naming the prompt's row */
export async function continueTexts(
  opened: OpenedLanguage,
  { prompts, chat, sampling, stopAtEnd, level }: ContinueRequest,
  tell: (news: ContinueNews) => void,
  signal: AbortSignal,
): Promise<ContinueResult> {
  const tokenizer = wordsOf(opened);
  const read = prompts.map(({ text }) =>
    promptOf(tokenizer, chat ? { messages: [{ role: 'user', content: text }] } : { prompt: text }),
  );
  const decoder = await opened.decoder(level);
  const made = await decoder
    .generate(
      read.map(({ prompt }, k) => ({ prompt, seed: prompts[k]!.seed })),
      // Of no prompt: each has its own.
      { ...sampling, seed: 0, special: !chat, stopAtEnd },
      ({ request, text }) => tell({ prompt: request, text }),
      () => signal.aborted,
    )
    .catch((thrown: unknown) => {
      throw withPrompt(thrown);
    });
  return {
    texts: made.map(({ stopped, ...one }) => ({ ...one, finish: finishes[stopped] })),
    arithmetic: inWords(decoder.record!),
  };
}

/** Requests count from 0, rows from 1. */
function withPrompt(thrown: unknown): unknown {
  const at = thrown instanceof MongeError ? /^request (\d+)$/.exec(thrown.detail.where?.key ?? '') : null;
  if (!(thrown instanceof MongeError) || !at) return thrown;
  return new MongeError(
    { ...thrown.detail, where: { key: 'prompt', row: Number(at[1]) + 1 } },
    { cause: thrown },
  );
}

const graphWords = { fused: 'fused operators', plain: 'plain graph', imported: 'the graph as exported' };

/** "fp32, fused operators", "4-bit-4, fast arithmetic: activations rounded to 8 bits". */
function inWords({
  level,
  graph,
  plainBecause,
  roundedActivations,
  requantised,
  rescored,
}: NumericRecord): string {
  const parts = [
    level,
    `${graphWords[graph]}${plainBecause ? ` (${plainBecause})` : ''}`,
    ...(roundedActivations ? ['fast arithmetic: activations rounded to 8 bits'] : []),
    ...(requantised ? ['weights rounded to 8 bits'] : []),
    ...(rescored ? ['the best 64 logits computed again in fp32'] : []),
  ];
  return parts.join(', ');
}
