/** @file A graph cut where hooks are made: what each part computes, what is carried, what is computed again. */
import { describe, expect, it } from 'vitest';
import { decodeModel, type HookPoint } from '../../native-models';
import { cutAtHooks } from './segments';
import { modelBytes, node, value, weight } from './testing';

const hook = (id: string, name: string, ...shape: number[]): HookPoint => {
  const [role, layer] = id.split(':');
  return { id, role: role as HookPoint['role'], layer: Number(layer), value: name, shape };
};

/** state → split into q and k; scores with a mask; out; a sum with the state. Nothing else reads `unused`. */
const model = decodeModel(
  modelBytes({
    name: 'block',
    input: [value('ids', 'batch', 'tokens')],
    output: [value('end', 'batch', 'tokens', 4)],
    initializer: [weight('table', 9, 4), weight('w', 4, 8), weight('v', 4, 4)],
    node: [
      node('Gather', 'embed', ['table', 'ids'], ['state']),
      node('Shape', 'shape', ['ids'], ['size']),
      node('MakesMask', 'mask', ['size'], ['mask']),
      node('MatMul', 'maps', ['state', 'w'], ['both']),
      node('Split', 'parts', ['both'], ['q', 'k']),
      node('Mul', 'scores', ['q', 'k'], ['scores']),
      node('Add', 'masked', ['scores', 'mask'], ['masked']),
      node('MatMul', 'out', ['masked', 'v'], ['out']),
      node('Add', 'sum', ['state', 'out'], ['end']),
      node('Neg', 'unused', ['end'], ['unused']),
    ],
  }),
);
const all = [
  hook('embed:0', 'state', 4),
  hook('q:0', 'q', 4),
  hook('k:0', 'k', 4),
  hook('attn_out:0', 'out', 4),
  hook('resid_post:0', 'end', 4),
];
const known = new Map(
  ['state', 'q', 'k', 'masked', 'out'].map(
    (name) => [name, { type: 'float32' as const, dims: [1, 2, 4] }] as const,
  ),
);
const named = (part: { name?: string }[] = []) => part.map(({ name }) => name);

describe('a graph cut at hooks', () => {
  it('has parts in the order of computation, each with what it reads alone', () => {
    const chosen = [all[4]!, all[1]!, all[3]!];
    const segments = cutAtHooks(model, chosen, all);
    expect(segments.parts.map(({ hook: { id } }) => id)).toEqual(['q:0', 'attn_out:0', 'resid_post:0']);
    const graphs = segments.parts.map((_, part) => segments.model(part, known).graph!);
    expect(graphs.map(({ node: nodes }) => named(nodes))).toEqual([
      ['embed', 'maps', 'parts'],
      // The mask is no hook's, so it is made where it is read.
      ['shape', 'mask', 'scores', 'masked', 'out'],
      ['sum'],
    ]);
    expect(graphs.map(({ input }) => named(input))).toEqual([['ids'], ['ids', 'q', 'k'], ['state', 'out']]);
    expect(graphs.map(({ output }) => named(output))).toEqual([['q', 'state', 'k'], ['out'], ['end']]);
    expect(graphs.map(({ initializer }) => named(initializer))).toEqual([['table', 'w'], ['v'], []]);
    // The state is carried past the part in between, which does not read it.
    expect(segments.parts.map(({ carriedOut }) => carriedOut.toSorted())).toEqual([
      ['k', 'q', 'state'],
      ['out', 'state'],
      [],
    ]);
  });

  it('has nothing to run where one node makes two hooks', () => {
    const { parts } = cutAtHooks(model, [all[2]!, all[1]!], all);
    expect(parts.map(({ hook: { id }, makes }) => [id, makes])).toEqual([
      ['q:0', ['q', 'k']],
      ['k:0', []],
    ]);
    expect(parts[0]!.carriedOut).toEqual(['k']);
  });
});
