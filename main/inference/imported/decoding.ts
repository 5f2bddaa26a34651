/** @file Decoding by an exported graph as it is: with the caches that it gives back, or by reading the whole text again. */
import type { HostTensor, Session } from '../../contract/compute';
import type { TokenInput, TokenInterface } from '../../models/token-inputs';
import { MongeError } from '../../../native-models/error';
import { int64, type Cache, type Decoding, type NumericRecord } from '../decoding';

export interface ImportedDecodingOptions {
  given: TokenInterface;
  vocabulary: number;
  record: NumericRecord;
}

/** Why texts are read again for every token. */
export const WITHOUT_CACHE = 'the graph keeps no cache, so that every token reads the whole text again';

/**
 * Each text is run alone: not every export counts positions from the mask. The session is this decoding's own.
 */
export function importedDecoding(
  session: Session,
  { given, vocabulary, record }: ImportedDecodingOptions,
): Decoding {
  const { inputs, cache: parts } = given;
  const logitsName = given.logits!;
  const outputs = [logitsName, ...(parts ?? []).map(({ present }) => present)];

  const runText = async (
    fresh: readonly number[],
    before: Readonly<Record<string, HostTensor>> | null,
    seen: number,
  ): Promise<{ logits: Float32Array; kept: Record<string, HostTensor> }> => {
    const earlier = parts || !before ? [] : Array.from(before.ids!.data as BigInt64Array, Number);
    const ids = [...earlier, ...fresh];
    const place = { ids, past: parts ? seen : 0 };
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, fed(input, place, given, before)]));
    const answer = await session.run(feeds, { outputs });
    const all = answer[logitsName]!.data as Float32Array;
    const rows = Math.min(all.length / vocabulary, fresh.length);
    const kept = parts
      ? Object.fromEntries(parts.map(({ past, present }) => [past, answer[present]!]))
      : { ids: int64(ids, [ids.length]) };
    return { logits: all.subarray(all.length - rows * vocabulary), kept };
  };

  return {
    vocabulary,
    record,
    // How the graph turns its positions is its own affair.
    turnsAnewBeyond: null,
    async step({ ids, cache, logits }) {
      const tensors: Record<string, HostTensor> = {};
      const rows: Float32Array[] = [];
      for (const [text, fresh] of ids.entries()) {
        const before = cache ? ofText(cache.tensors, text) : null;
        const made = await runText(fresh, before, cache?.lengths[text] ?? 0);
        for (const [name, tensor] of Object.entries(made.kept)) tensors[`${text}/${name}`] = tensor;
        if (logits === 'all') requireAll(made.logits.length / vocabulary, fresh.length);
        rows.push(logits === 'last' ? made.logits.subarray(made.logits.length - vocabulary) : made.logits);
      }
      const next: Cache = {
        lengths: ids.map(({ length }, text) => length + (cache?.lengths[text] ?? 0)),
        tensors,
      };
      return { logits: joined(rows), cache: next };
    },
    loop: null,
    close: () => session.close(),
  };
}

function fed(
  { kind, name, type }: TokenInput,
  { ids, past }: { ids: readonly number[]; past: number },
  { cache }: TokenInterface,
  before: Readonly<Record<string, HostTensor>> | null,
): HostTensor {
  const total = past + ids.length;
  switch (kind) {
    case 'ids':
      return whole(type, ids);
    case 'mask':
      return whole(type, Array<number>(total).fill(1));
    case 'positions':
      return whole(
        type,
        ids.map((_, k) => past + k),
      );
    case 'types':
      return whole(
        type,
        ids.map(() => 0),
      );
    case 'kept-logits':
      return { ...whole(type, [0]), dims: [] };
    case 'past': {
      const known = before?.[name];
      if (known) return known;
      const part = cache!.find((one) => one.past === name)!;
      const data = part.type === 'float16' ? new Uint16Array(0) : new Float32Array(0);
      return { type: part.type, data, dims: [1, part.heads, 0, part.width] };
    }
  }
}

function whole(type: string | null, values: readonly number[]): HostTensor {
  const dims = [1, values.length];
  if (type === 'int32') return { type, data: Int32Array.from(values), dims };
  if (type === 'float32') return { type, data: Float32Array.from(values), dims };
  if (type === 'bool') return { type, data: Uint8Array.from(values), dims };
  return int64(values, dims);
}

function ofText(tensors: Cache['tensors'], text: number): Record<string, HostTensor> {
  const start = `${text}/`;
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(start));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const [only, ...others] = rows;
  if (only && others.length === 0) return only;
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

function requireAll(rows: number, tokens: number): void {
  if (rows >= tokens) return;
  throw new MongeError({
    code: 'logits-last-only',
    blame: 'input',
    what: 'this graph tells logits of the last token alone, so that a text cannot be scored',
    got: `${rows} rows for ${tokens} tokens`,
    help: 'export it with the logits of all tokens',
  });
}
