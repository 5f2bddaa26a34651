/** @file The certification of an opened model: a short text of its own tokens, its graph, and everything it can be held to. */
import { stream } from '../../../native-models';
import type { HostTensor } from '../../contract/compute';
import type { CertifyRequest, ExactLevel, HookCertificate } from '../../contract/language';
import { certify } from '../certify/certify';
import type { Subject } from '../certify/subject';
import type { ImageSizes, LanguageBody } from './body';
import type { OpenedLanguage } from './opened';

/** Tokens of the text that hooks are tried on: every run and the slow reference cost as many times the parameters. */
const TOKENS = 6;
const SENTENCE = 'The river was wide, and nobody on either side knew its name.';

/**
 * Certifies those of the asked hooks that were not certified yet at the level, all of them where `fresh`, telling each as it
 * is done; answers what is known of all hooks then. @throws `level-unavailable`
 */
export async function certifyOpened(
  opened: OpenedLanguage,
  { level = 'fp32', fresh = false, only }: CertifyRequest,
  tell: (certificates: HookCertificate[]) => void,
  signal: AbortSignal,
): Promise<HookCertificate[]> {
  const subject = await subjectOf(opened, level);
  const known = opened.certificates[level];
  const asked = subject.hooks.filter(({ id }) => only?.includes(id) ?? true);
  if (fresh) for (const { id } of asked) known.delete(id);
  const left = asked.filter(({ id }) => !known.has(id));
  if (left.length > 0)
    await certify(
      subject,
      (found) => {
        for (const one of found) known.set(one.hook, one);
        tell(found);
      },
      signal,
      left.map(({ id }) => id),
    );
  return certificatesOf(opened, level);
}

/** What is known so far, in the order of the hooks. */
export function certificatesOf(
  { insides, certificates }: OpenedLanguage,
  level: ExactLevel = 'fp32',
): HookCertificate[] {
  return insides.hooks.map(
    ({ id }) => certificates[level].get(id) ?? { hook: id, verdict: 'unchecked', reason: '', checks: [] },
  );
}

async function subjectOf(opened: OpenedLanguage, level: ExactLevel): Promise<Subject> {
  const { insides, body } = opened;
  const { model } = await insides.runs(level);
  const image = body.image ?? null;
  const ids = image ? Array<number>(1 + patchesOf(image)).fill(0) : sampleIds(body);
  return {
    hooks: insides.hooks,
    observed: insides.kind === 'decoder' ? 'logits' : insides.hooks.at(-1)!.id,
    graph: (outputs) => model.graph(outputs).model,
    open: (graph, graphLevel) => model.open(graph, graphLevel),
    ids,
    ...(image && { inputs: (copies) => ({ pixels: sampleImages(image, copies) }) }),
    padding: 0,
    ...body.witnesses(level, ids),
  };
}

function patchesOf({ height, width, patchHeight, patchWidth }: ImageSizes): number {
  return Math.floor(height / patchHeight) * Math.floor(width / patchWidth);
}

/** Noise, as every patch then has a state of its own; so many times the same. */
function sampleImages({ channels, height, width }: ImageSizes, copies: number): HostTensor {
  const one = stream(0, 'certify.image').normal(new Float32Array(channels * height * width));
  const data = new Float32Array(copies * one.length);
  for (let copy = 0; copy < copies; copy += 1) data.set(one, copy * one.length);
  return { type: 'float32', data, dims: [copies, channels, height, width] };
}

/** Tokens of a sentence, or, without a tokenizer, ids spread over the vocabulary. */
function sampleIds({ tokenizer, insides }: LanguageBody): number[] {
  if (tokenizer) {
    const ids = tokenizer.ids(SENTENCE).slice(0, TOKENS);
    if (ids.length >= 4) return ids;
  }
  const { vocabulary } = insides;
  return Array.from({ length: Math.min(TOKENS, vocabulary) }, (_, k) => (k * 7919) % vocabulary);
}
