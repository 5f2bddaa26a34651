/** @file Reading the runtime's profile: loops are not counted twice, scopes come from node names. */
import { expect, it } from 'vitest';
import { debugLevel } from './debug';
import { formatPlacement, formatTimes, readProfile, scopeOfNode, timeByOp, timeByScope } from './profile';

const event = (name: string, op: string, dur: number, provider = 'CPUExecutionProvider') => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  dur,
  args: { op_name: op, provider },
});
const text = JSON.stringify([
  { cat: 'Session', name: 'model_run', dur: 9000 },
  { cat: 'Session', name: 'session_initialization', dur: 50 },
  event('layer1/MatMul', 'MatMul', 3000),
  event('layer1/MatMul', 'MatMul', 1000),
  event('layer1/gradient/MatMul_2', 'MatMul', 2000),
  event('Add/Add', 'Add', 1000),
  event('Loop', 'Loop', 8000),
  { cat: 'Node', name: 'layer1/MatMul_fence_before', dur: 5, args: { op_name: 'MatMul' } },
]);

it('adds up by operation and by scope, without the loops around the nodes', () => {
  const profile = readProfile(text);
  expect(profile.runs).toBe(1);
  expect(timeByOp(profile)).toEqual([
    { name: 'MatMul', calls: 3, milliseconds: 6 },
    { name: 'Add', calls: 1, milliseconds: 1 },
  ]);
  expect(timeByScope(profile)).toEqual([
    { name: 'layer1', calls: 2, milliseconds: 4 },
    { name: 'layer1/gradient', calls: 1, milliseconds: 2 },
    { name: '(no scope)', calls: 1, milliseconds: 1 },
  ]);
  expect(formatTimes(profile)).toContain('7.00 ms in kernels over 1 runs');
  expect(formatTimes(profile)).toContain('6.00 ms  86 %        3 ×  MatMul');
});

it('names the nodes on the CPU where another device was there', () => {
  expect(formatPlacement(readProfile(text))).toBe('  on CPU: 4 nodes');
  const mixed = JSON.stringify([
    event('layer1/MatMul', 'MatMul', 1, 'WebGpuExecutionProvider'),
    event('sign/Sign', 'Sign', 1),
  ]);
  expect(formatPlacement(readProfile(mixed))).toBe(
    '  on WebGpu: 1 nodes\n  on CPU: 1 nodes\n    CPU  Sign  sign/Sign',
  );
});

it('takes scopes from names as the compiler gives them', () => {
  expect(scopeOfNode('adamw/ema/Subtract/Sub')).toBe('adamw/ema');
  expect(scopeOfNode('parameters/Slice_6/Slice/GatherSliceToSplitFusion')).toBe('parameters');
  expect(scopeOfNode('Loop/t/Gather')).toBe('(no scope)');
  expect(scopeOfNode('lower/names')).toBe('lower');
});

it('reads the level of debugging', () => {
  expect([undefined, '', '0', '4'].map((MONGE_DEBUG) => debugLevel({ MONGE_DEBUG }))).toEqual([0, 0, 0, 4]);
  for (const MONGE_DEBUG of ['5', '-1', '1.5', 'yes'])
    expect(() => debugLevel({ MONGE_DEBUG })).toThrow(expect.objectContaining({ code: 'debug-level' }));
});
