/** @file The form made from field descriptions: what is asked, how numbers are typed, what a change tells. */
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FieldDescription, Json } from '../../main/rpc/contract';
import ConfigForm from './ConfigForm.svelte';
import { entryProblem, formatEntry, isAsked, parseEntry, stepEntry } from './entry';

const coupling: FieldDescription = {
  key: 'coupling',
  kind: 'choice',
  title: 'Coupling',
  help: 'How noise and data are paired.',
  group: 'Pairing',
  advanced: false,
  default: 'sinkhorn',
  choices: [
    { value: 'independent', title: 'Independent', help: 'At random.' },
    { value: 'sinkhorn', title: 'Sinkhorn', help: 'Nearly optimal.' },
  ],
};
const poolSize: FieldDescription = {
  key: 'poolSize',
  kind: 'integer',
  title: 'Pool size',
  help: 'Points paired at a time.',
  unit: 'points',
  group: 'Pairing',
  advanced: false,
  default: 4096,
  minimum: 8,
  maximum: 131072,
  scale: 'log',
  onlyWhen: { key: 'coupling', values: ['sinkhorn'] },
};
const learningRate: FieldDescription = {
  ...poolSize,
  key: 'learningRate',
  kind: 'real',
  title: 'Learning rate',
  group: 'Training',
  advanced: true,
  default: 2e-3,
  minimum: 1e-7,
  maximum: 1,
  onlyWhen: undefined,
};
const fields = [coupling, poolSize, learningRate];
const values: Record<string, Json> = { coupling: 'sinkhorn', poolSize: 4096, learningRate: 2e-3 };

function show(
  change: Partial<{ values: Record<string, Json>; changed: Set<string>; errors: Record<string, string> }>,
) {
  const onchange = vi.fn();
  const onreset = vi.fn();
  const { rerender } = render(ConfigForm, {
    fields,
    values,
    changed: new Set<string>(),
    errors: {},
    onchange,
    onreset,
    ...change,
  });
  return { onchange, onreset, rerender };
}

afterEach(cleanup);

describe('numbers in fields', () => {
  it('are typed with separators or in scientific notation', () => {
    expect(parseEntry('4,096')).toBe(4096);
    expect(parseEntry(' 2e-3 ')).toBe(0.002);
    expect(parseEntry('1,2')).toBeNull();
    expect(parseEntry('many')).toBeNull();
    expect([4096, 2e-3, 0.05, 1e10].map(formatEntry)).toEqual(['4,096', '2e-3', '0.05', '1e10']);
  });

  it('step by powers of two, 1-2-5 or evenly, and never leave the range', () => {
    expect(stepEntry(poolSize, 4096, 1)).toBe(8192);
    expect(stepEntry(poolSize, 2500, 1)).toBe(5000);
    expect(stepEntry(poolSize, 2500, -1)).toBe(2000);
    expect(stepEntry(poolSize, 131072, 1)).toBe(131072);
    expect(stepEntry(learningRate, 2e-3, -1)).toBe(1e-3);
    expect(stepEntry({ ...poolSize, scale: 'linear' }, 8, -1)).toBe(8);
    expect(stepEntry({ ...learningRate, scale: 'linear', minimum: 0, maximum: 1 }, 0.2, 1)).toBeCloseTo(0.21);
  });

  it('say what is wrong', () => {
    expect(entryProblem(poolSize, '7')).toBe('At least 8.');
    expect(entryProblem(poolSize, '9.5')).toBe('Type a whole number.');
    expect(entryProblem(poolSize, '')).toContain('Type a number');
    expect(entryProblem(poolSize, '4,096')).toBeNull();
  });
});

describe('the form', () => {
  it('labels every control and folds the advanced ones', () => {
    show({});
    expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Sinkhorn' }).checked).toBe(true);
    expect(screen.getByLabelText<HTMLInputElement>('Pool size').value).toBe('4,096');
    expect(screen.getByLabelText('Learning rate').closest('details')?.open).toBe(false);
  });

  it('asks only what the other settings leave open', () => {
    show({ values: { ...values, coupling: 'independent' } });
    expect(screen.queryByLabelText('Pool size')).toBeNull();
  });

  it('asks under several conditions only when all hold', () => {
    const both: FieldDescription = {
      ...poolSize,
      onlyWhen: [
        { key: 'coupling', values: ['sinkhorn'] },
        { key: 'sharpness', values: [0] },
      ],
    };
    const settings = { coupling: 'sinkhorn', sharpness: 0 };
    expect(isAsked(both, settings)).toBe(true);
    expect(isAsked(both, { ...settings, sharpness: 0.1 })).toBe(false);
    expect(isAsked(both, { ...settings, coupling: 'assignment' })).toBe(false);
  });

  it('tells changes as numbers, and text that is no number as it is', async () => {
    const { onchange } = show({});
    const input = screen.getByLabelText<HTMLInputElement>('Pool size');
    await fireEvent.input(input, { target: { value: '8,192' } });
    await fireEvent.blur(input);
    expect(onchange).toHaveBeenLastCalledWith('poolSize', 8192);
    await fireEvent.input(input, { target: { value: 'lots' } });
    expect(screen.getByRole('alert').textContent).toContain('Type a number');
    await fireEvent.blur(input);
    expect(onchange).toHaveBeenLastCalledWith('poolSize', 'lots');
    await fireEvent.click(screen.getByRole('radio', { name: 'Independent' }));
    expect(onchange).toHaveBeenLastCalledWith('coupling', 'independent');
  });

  it('marks what needs Run, opens folds that hold a mark, and resets to the default', async () => {
    const { onreset } = show({
      values: { ...values, poolSize: 512, learningRate: 0.1 },
      changed: new Set(['learningRate']),
      errors: { poolSize: 'too many for this device' },
    });
    const folded = screen.getByLabelText('Learning rate').closest('details')!;
    expect(folded.open).toBe(true);
    expect(within(folded).getByText('needs Run')).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toBe('too many for this device');
    await fireEvent.click(screen.getByRole('button', { name: 'Reset Pool size' }));
    expect(onreset).toHaveBeenCalledWith('poolSize');
  });

  it('keeps a fold as the person left it, whatever else changes', async () => {
    const { rerender } = show({});
    const fold = screen.getByLabelText('Learning rate').closest('details')!;
    const more = fold.querySelector('summary')!;
    await fireEvent.click(more);
    await rerender({ values: { ...values, poolSize: 512 }, changed: new Set(['poolSize']) });
    expect(fold.open).toBe(true);
    await rerender({ changed: new Set(['learningRate']) });
    await rerender({ changed: new Set() });
    expect(fold.open).toBe(true);
    await fireEvent.click(more);
    expect(fold.open).toBe(false);
  });
});
