/** @file How hooks are chosen. */
import { describe, expect, it } from 'vitest';
import { selectHooks } from './hooks';

const hooks = [
  { id: 'embed', role: 'embed', layer: null },
  ...[0, 1, 2].flatMap((layer) =>
    ['resid_pre', 'norm_attn_in', 'norm_mlp_in', 'resid_post'].map((role) => ({
      id: `${role}:${layer}`,
      role,
      layer,
    })),
  ),
  { id: 'norm_final', role: 'norm_final', layer: null },
];
const chosen = (pattern: string) => selectHooks(pattern, hooks).map(({ id }) => id);

describe('a pattern of hooks', () => {
  it.each([
    ['resid_post:*', ['resid_post:0', 'resid_post:1', 'resid_post:2']],
    ['resid_post', ['resid_post:0', 'resid_post:1', 'resid_post:2']],
    ['resid_post:1-2', ['resid_post:1', 'resid_post:2']],
    ['embed', ['embed']],
    ['norm_*:1', ['norm_attn_in:1', 'norm_mlp_in:1']],
    ['norm_final, resid_pre:0, embed', ['embed', 'resid_pre:0', 'norm_final']],
    ['/resid_(pre|post):[02]/', ['resid_pre:0', 'resid_post:0', 'resid_pre:2', 'resid_post:2']],
    ['/resid_pre:[0,1]/,embed', ['embed', 'resid_pre:0', 'resid_pre:1']],
  ])('%s chooses in the order of the model', (pattern, ids) => expect(chosen(pattern)).toEqual(ids));

  it.each([
    '',
    ' , ',
    'resid_mid:*',
    'resid_post:9',
    'resid_post:2-1',
    'resid_post:x',
    '/(/',
    'a'.repeat(501),
  ])('refuses %j, which chooses nothing', (pattern) =>
    expect(() => chosen(pattern)).toThrow(expect.objectContaining({ code: 'hooks-pattern' })),
  );
});
