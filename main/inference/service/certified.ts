/** @file The certification of an opened model: a short text of its own tokens, its graph, and everything it can be held to. */
import { decoderReference } from '../../../native-models';
import type { HookCertificate } from '../../contract/language';
import { certify } from '../certify/certify';
import type { Subject } from '../certify/subject';
import { openPlaced } from '../insides/runs';
import { weightFileName } from '../weight-cache';
import type { OpenedLanguage } from './opened';

/** Tokens of the text that hooks are tried on: the slow reference costs as many times the parameters. */
const TOKENS = 12;
const SENTENCE = 'The river was wide, and nobody on either side knew its name.';

/**
 * Certifies the hooks that were not certified yet, all where `fresh`, telling each as it is done; answers what is known of
 * all of them then.
 */
export async function certifyOpened(
  opened: OpenedLanguage,
  fresh: boolean,
  tell: (certificates: HookCertificate[]) => void,
  signal: AbortSignal,
): Promise<HookCertificate[]> {
  const { insides, certificates } = opened;
  if (fresh) certificates.clear();
  const left = insides.hooks.filter(({ id }) => !certificates.has(id));
  if (left.length > 0)
    await certify(
      subjectOf(opened),
      (found) => {
        for (const one of found) certificates.set(one.hook, one);
        tell(found);
      },
      signal,
      left.map(({ id }) => id),
    );
  return certificatesOf(opened);
}

/** What is known so far, in the order of the hooks. */
export function certificatesOf({ insides, certificates }: OpenedLanguage): HookCertificate[] {
  return insides.hooks.map(
    ({ id }) => certificates.get(id) ?? { hook: id, verdict: 'unchecked', reason: '', checks: [] },
  );
}

function subjectOf(opened: OpenedLanguage): Subject {
  const { insides, described, checkpoint, compute } = opened;
  const ids = sampleIds(opened);
  return {
    hooks: insides.hooks,
    observed: described.kind === 'decoder' ? 'logits' : insides.hooks.at(-1)!.id,
    graph: (outputs) => insides.model.graph(outputs, weightFileName).model,
    open: (model, graphLevel) => openPlaced(compute, insides.model, { model }, graphLevel),
    ids,
    padding: 0,
    reference: async () =>
      described.kind === 'decoder' ? decoderReference(described.config, checkpoint, ids) : null,
    tolerance: 1e-4,
  };
}

/** Tokens of a sentence, or, without a tokenizer, ids spread over the vocabulary. */
function sampleIds({ tokenizer, insides }: OpenedLanguage): number[] {
  if (tokenizer) {
    const ids = tokenizer.ids(SENTENCE).slice(0, TOKENS);
    if (ids.length >= 4) return ids;
  }
  const { vocabulary } = insides;
  return Array.from({ length: Math.min(TOKENS, vocabulary) }, (_, k) => (k * 7919) % vocabulary);
}
