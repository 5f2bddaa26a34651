/** @file Patterns choose hooks, and the tree folds what needs no look. */
import { describe, expect, test } from 'vitest';
import type { HookCertificate } from '../../main/rpc/contract';
import { certificatesOf, languageFacts } from '../testing/memory-language';
import { choose, patternOf, withToggled } from './patterns';
import { needsLook, placeWords, tally, treeRows, type TreeRow } from './tree';

const facts = languageFacts({ layers: 12, heads: 2, width: 16 });
const map = (list: HookCertificate[]) => new Map(list.map((one) => [one.hook, one]));
const none = new Set<number>();
const words = (row: TreeRow): string =>
  row.kind === 'fold'
    ? `${row.from}–${row.to} ${row.worst}`
    : row.kind === 'block'
      ? `${row.layer}`
      : row.key;

describe('choose', () => {
  test.each([
    ['resid_post:*', 12],
    ['resid_post', 12],
    ['resid_post:8-11', 4],
    ['resid_post:3, mlp_out:3, embed', 3],
    ['*:0', 13],
    ['/^(q|k|v):1[01]$/', 6],
    ['norm_*:3', 2],
    ['/^(q|k):1,?$/, embed', 3],
    ['', 0],
  ])('%s chooses %i hooks', (pattern, count) => {
    expect(choose(pattern, facts.hooks)).toMatchObject({ ids: { size: count }, problem: null });
  });

  test.each([
    ['resid:*, q:1', 1, 'No hook is called resid:*.'],
    ['resid_post:8-', 0, 'No hook is called resid_post:8-.'],
    ['/(/', 0, 'This is no regular expression.'],
    ['/', 0, 'A regular expression ends with a slash.'],
  ])('%s says what is wrong', (pattern, count, problem) => {
    expect(choose(pattern, facts.hooks)).toMatchObject({ ids: { size: count }, problem });
  });
});

test.each(['resid_post:*', 'embed,resid_post:0,resid_post:8-11', 'q:1-2,q:5,logits', ''])(
  'the pattern of what %s chooses is it again',
  (pattern) => expect(patternOf(choose(pattern, facts.hooks).ids, facts.hooks)).toBe(pattern),
);

test('hooks are chosen one by one, and let go again', () => {
  const without = withToggled('resid_post:*', ['resid_post:4'], facts.hooks);
  expect(without).toBe('resid_post:0-3,resid_post:5-11');
  expect(withToggled(without, ['resid_post:4'], facts.hooks)).toBe('resid_post:*');
  expect(withToggled('/^q:/', ['q:11', 'mlp_out:2'], facts.hooks)).toBe('q:*,mlp_out:2');
});

test('passing blocks fold, those that need a look stand alone', () => {
  const rows = treeRows(facts.hooks, map(certificatesOf(facts)), none, none);
  expect(rows.map(words)).toEqual(['embed', '0', '1', '2', '3–10 passes', '11', 'norm_final', 'logits']);
});

test('an open block shows its hooks and parts the fold around it', () => {
  const rows = treeRows(facts.hooks, map(certificatesOf(facts)), new Set([7]), none);
  expect(rows.map(words).slice(4, 8)).toEqual(['3–6 passes', '7', 'resid_pre:7', 'norm_attn_in:7']);
  expect(rows.find(({ key }) => key === 'block 7')).toMatchObject({ open: true, worst: 'passes' });
  const unfolded = treeRows(
    facts.hooks,
    map(certificatesOf(facts)),
    none,
    new Set([3, 4, 5, 6, 7, 8, 9, 10]),
  );
  expect(unfolded.filter(({ kind }) => kind === 'block')).toHaveLength(12);
});

test('an open block also tells what is not in the file, and why', () => {
  const absent = [{ id: 'pattern:7', role: 'pattern', layer: 7, reason: 'it stays inside' }];
  const rows = treeRows(facts.hooks, new Map(), new Set([7]), none, absent);
  const at = rows.findIndex(({ key }) => key === 'block 7');
  const next = rows.findIndex(({ kind }, k) => k > at && kind !== 'hook');
  expect(rows[next]).toEqual({
    ...{ kind: 'absent', key: 'pattern:7', level: 2, role: 'pattern', reason: 'it stays inside' },
  });
});

test('before certification all is one hollow fold', () => {
  const rows = treeRows(facts.hooks, new Map(), none, none);
  expect(rows.map(words)).toEqual(['embed', '0–11 unchecked', 'norm_final', 'logits']);
  expect(tally(facts.hooks, new Map())).toEqual({ passes: 0, degraded: 0, wrong: 0, unchecked: 159 });
});

test('hooks with one reason stand together, wrong ones first', () => {
  const list = needsLook(facts.hooks, map(certificatesOf(facts)));
  expect(list.map((one) => [one.verdict, placeWords(one), one.hook])).toEqual([
    ['wrong', 'block 1 · norm_mlp_in', 'norm_mlp_in:1'],
    ['degraded', 'blocks 2, 11 · pattern', 'pattern:2'],
  ]);
});
