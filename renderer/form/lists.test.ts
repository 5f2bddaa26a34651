/** @file Settings that are lists: several of the listed values, and columns of the data set. */
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ColumnInfo, FieldDescription, Json } from '../../main/rpc/contract';
import { datasetInfo } from '../testing/memory-engine';
import {
  columnFacts,
  columnsText,
  resolvedColumns,
  shorthandText,
  typedColumns,
  unknownColumns,
} from './columns';
import ConfigForm from './ConfigForm.svelte';
import { fieldFacts } from './entry';

const scores: FieldDescription = {
  key: 'scores',
  kind: 'choices',
  title: 'Scores',
  help: 'What is measured of a residual.',
  group: 'Sets',
  advanced: false,
  default: ['l2', 'otcp'],
  choices: [
    { value: 'l2', title: 'L2 ball', help: 'A ball.' },
    { value: 'box', title: 'Box', help: 'A box.' },
    { value: 'otcp', title: 'OTCP', help: 'Any shape.' },
  ],
};
const targets: FieldDescription = {
  key: 'targets',
  kind: 'columns',
  title: 'Targets',
  help: 'What is predicted.',
  group: 'Table',
  advanced: false,
  default: ['last:2'],
};
const columns: ColumnInfo[] = ['area', 'height', 'Y1', 'Y2'].map((name, k) => ({
  ...datasetInfo('enb.csv', 10).columns[0]!,
  name,
  minimum: k,
  maximum: 10,
}));

function show(values: Record<string, Json>, change: object = {}) {
  const onchange = vi.fn();
  const onreset = vi.fn();
  render(ConfigForm, {
    fields: [targets, scores],
    values,
    changed: new Set<string>(),
    errors: {},
    columns,
    onchange,
    onreset,
    ...change,
  });
  return { onchange, onreset };
}
const standard = { targets: ['last:2'], scores: ['l2', 'otcp'] };

afterEach(cleanup);

describe('names of columns', () => {
  it('last:K stands for the last K, unless a column is called so', () => {
    expect(resolvedColumns(['last:2'], columns)).toEqual(['Y1', 'Y2']);
    expect(resolvedColumns(['Y2', 'last:2'], columns)).toEqual(['Y2', 'Y1']);
    expect(resolvedColumns(['last:9'], columns)).toHaveLength(4);
    expect(resolvedColumns(['last:2'], [...columns, { name: 'last:2' }])).toEqual(['last:2']);
    expect(shorthandText(['area', 'last:2'], columns)).toBe('last:2 → Y1, Y2');
    expect(unknownColumns(['Y1', 'Y3', 'last:1'], columns)).toEqual(['Y3']);
  });

  it('are typed with commas, in quotes where they hold some', () => {
    expect(typedColumns(' Y1, "price, in EUR" ,, Y1')).toEqual(['Y1', 'price, in EUR']);
    expect(typedColumns(columnsText(['Y1', 'price, in EUR']))).toEqual(['Y1', 'price, in EUR']);
  });

  it('come with what the columns hold', () => {
    expect(columnFacts({ ...columns[1]!, missing: 3 })).toBe('number, 1 to 10, 3 missing');
  });
});

describe('several choices', () => {
  it('stand as chips, and are taken away or added in the listed order', async () => {
    const { onchange } = show(standard);
    const group = within(screen.getByRole('group', { name: 'Scores' }));
    const chosen = within(group.getByRole('list', { name: 'Scores, chosen' }));
    expect(chosen.getByRole('button', { name: 'Remove OTCP' }).title).toBe('Any shape.');
    await fireEvent.click(chosen.getByRole('button', { name: 'Remove L2 ball' }));
    expect(onchange).toHaveBeenLastCalledWith('scores', ['otcp']);
    const edit = group.getByRole('button', { name: 'Edit Scores' });
    expect(edit.getAttribute('aria-expanded')).toBe('false');
    await fireEvent.click(edit);
    expect(group.getByRole<HTMLInputElement>('checkbox', { name: /^L2 ball/ }).checked).toBe(true);
    await fireEvent.click(group.getByRole('checkbox', { name: /^Box/ }));
    expect(onchange).toHaveBeenLastCalledWith('scores', ['l2', 'box', 'otcp']);
    await fireEvent.click(group.getByRole('button', { name: 'Close Scores' }));
    expect(group.queryByRole('checkbox')).toBeNull();
  });

  it('say their default by title, and go back to it', async () => {
    expect(fieldFacts(scores)).toBe('default L2 ball, OTCP');
    expect(fieldFacts({ ...targets, default: [] })).toBe('default none');
    const { onreset } = show({ ...standard, scores: ['box'] });
    await fireEvent.click(screen.getByRole('button', { name: 'Reset Scores' }));
    expect(onreset).toHaveBeenCalledWith('scores');
    expect(screen.queryByRole('button', { name: 'Reset Targets' })).toBeNull();
  });
});

describe('columns of the data set', () => {
  it('say which ones last:2 stands for, and are picked from a list that can be searched', async () => {
    const { onchange } = show(standard);
    expect(screen.getByText('last:2 → Y1, Y2')).toBeTruthy();
    await fireEvent.click(screen.getByRole('button', { name: 'Edit Targets' }));
    const group = within(screen.getByRole('group', { name: 'Targets' }));
    expect(group.getByRole<HTMLInputElement>('checkbox', { name: /^Y1/ }).checked).toBe(true);
    await fireEvent.input(group.getByRole('searchbox', { name: 'Search the columns for Targets' }), {
      target: { value: 'hei' },
    });
    expect(group.getAllByRole('checkbox')).toHaveLength(1);
    // A single column spells the shorthand out.
    await fireEvent.click(group.getByRole('checkbox', { name: /^height number, 1 to 10/ }));
    expect(onchange).toHaveBeenLastCalledWith('targets', ['Y1', 'Y2', 'height']);
  });

  it('can be typed, also without data', async () => {
    const { onchange } = show({ ...standard, targets: [] }, { columns: [] });
    await fireEvent.click(screen.getByRole('button', { name: 'Edit Targets' }));
    await fireEvent.change(screen.getByRole('textbox', { name: 'Targets as text' }), {
      target: { value: 'last:3' },
    });
    expect(onchange).toHaveBeenLastCalledWith('targets', ['last:3']);
    expect(screen.getByText('Open a data set to pick from its columns.')).toBeTruthy();
  });

  it('that do not exist are said, beside what the engine says and the mark of a change', () => {
    show(
      { ...standard, targets: ['Y1', 'Y7'] },
      { changed: new Set(['targets']), errors: { targets: 'there is no column Y7' } },
    );
    expect(screen.getByText('No such column: Y7.')).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toBe('there is no column Y7');
    expect(screen.getByText('needs Run')).toBeTruthy();
  });
});

describe('texts', () => {
  const prompt: FieldDescription = {
    key: 'prompt',
    kind: 'texts',
    title: 'Prompt',
    help: 'What the model goes on from.',
    group: 'Prompts',
    advanced: false,
    default: [],
  };
  const showTexts = (value: string[]) => show({ prompt: value }, { fields: [prompt] });

  it('start with one empty box, and take what is typed as it is', async () => {
    const { onchange } = showTexts([]);
    await fireEvent.change(screen.getByLabelText('Prompt 1'), { target: { value: 'One, two,\nthree' } });
    expect(onchange).toHaveBeenCalledWith('prompt', ['One, two,\nthree']);
  });

  it('are added and removed one by one', async () => {
    const { onchange } = showTexts(['a', 'b']);
    await fireEvent.click(screen.getByRole('button', { name: 'Add one' }));
    await fireEvent.change(screen.getByLabelText('Prompt 3'), { target: { value: 'c' } });
    expect(onchange).toHaveBeenLastCalledWith('prompt', ['a', 'b', 'c']);
    await fireEvent.click(screen.getByRole('button', { name: 'Remove Prompt 1' }));
    expect(onchange).toHaveBeenLastCalledWith('prompt', ['b']);
  });
});
