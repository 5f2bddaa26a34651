/** @file The model lab as a person uses it: drop a model, look at a text, hover, pin, choose hooks, compare, generate. */
import '../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LanguageQuestion } from '../../main/rpc/contract';
import Workbench from '../app/Workbench.svelte';
import { EngineError } from '../engine/error';
import { AppState } from '../state/app.svelte';
import { Settings } from '../state/settings.svelte';
import { MemoryEngine, method } from '../testing/memory-engine';
import { labOf } from './labs';
import { firstWords } from './first-words';

/** Certificates come hook by hook, on a busy machine slowly. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

beforeEach(() => localStorage.clear());
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** The lab of a dropped model, its first look answered. */
async function openLab(engine = new MemoryEngine()) {
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  render(Workbench, { props: { app, onretry: () => {} } });
  await fireEvent.drop(window, {
    dataTransfer: { types: ['Files'], items: [], files: [new File(['x'], 'tiny.gguf')] },
  });
  const map = await screen.findByRole('application', { name: /Layer by token map/ });
  const lab = labOf(engine, app.workspace.models.page!.info);
  const asked = (kind: LanguageQuestion['kind']) =>
    engine.calls.flatMap(([method, , question]) =>
      method === 'language' && (question as LanguageQuestion).kind === kind
        ? [question as LanguageQuestion]
        : [],
    );
  return { app, engine, lab, map, asked };
}

const press = (where: HTMLElement, key: string) => fireEvent.keyDown(where, { key });
const figure = (name: string) => screen.getByRole('region', { name });
const inspector = () => screen.getByRole('complementary', { name: 'Lab inspector' });

test('a dropped language model opens the lab: its text is looked at, and every hook certified', async () => {
  const { map, lab, app } = await openLab();
  expect(app.workspace.view).toBe('model');
  expect([map.dataset.rows, map.dataset.tokens]).toEqual(['5', String(lab.look!.tokens.length)]);
  expect(screen.getByRole('textbox', { name: 'Text to look at' })).toHaveProperty(
    'value',
    firstWords(lab.facts).text,
  );
  await until(() => expect(inspector().textContent).toMatch(/2 degraded, 1 wrong\s*52\s*\/ 55/));
  expect(inspector().textContent).toMatch(/block 1 · norm_mlp_in.*the hook is dead/s);
  expect(screen.getByRole('button', { name: /^Model/, current: 'page' })).toBeTruthy();
});

test('another level of looking has certificates of its own', async () => {
  const { lab, asked } = await openLab();
  await until(() => expect(inspector().textContent).toMatch(/52\s*\/ 55/));
  lab.setLevel('fp32');
  await until(() =>
    expect(asked('certificates')).toEqual([
      { kind: 'certificates', level: '4-bit-0' },
      { kind: 'certificates', level: 'fp32' },
    ]),
  );
  await until(() => expect(inspector().textContent).toMatch(/52\s*\/ 55/));
});

test('an ordinary ONNX model keeps the page of its graph', async () => {
  const engine = new MemoryEngine();
  const { app } = await openLab(engine);
  await fireEvent.drop(window, {
    dataTransfer: { types: ['Files'], items: [], files: [new File(['x'], 'net.onnx')] },
  });
  await until(() => expect(screen.getByRole('tree').dataset.graph).toBe('0'));
  expect(app.workspace.models.page?.info.language).toBeUndefined();
  expect(screen.queryByRole('application', { name: /Layer by token map/ })).toBeNull();
});

test('arrow keys move the cross-hair, the lens and the tree follow; Enter pins, Escape lets go', async () => {
  const { map, lab } = await openLab();
  await press(map, 'ArrowLeft');
  await press(map, 'ArrowUp');
  await press(map, 'ArrowLeft');
  const tokens = lab.look!.tokens.length;
  expect(lab.hovered).toEqual({ row: 3, token: tokens - 2 });
  await until(() => expect(lab.lens?.position).toBe(tokens - 2));
  expect(figure('Logit lens').textContent).toContain(`after “${lab.look!.tokens[tokens - 2]!.text}”`);
  const tree = screen.getByRole('tree', { name: 'Hooks by block' });
  expect(within(tree).getByRole('treeitem', { name: /resid_post/, selected: true }).dataset.hook).toBe(
    'resid_post:2',
  );
  await press(map, 'Enter');
  await press(map, 'ArrowUp');
  await press(map, 'Enter');
  expect(lab.pins).toHaveLength(2);
  expect(map.textContent).toContain('Δ to the pinned cell');
  await press(map, 'Escape');
  expect([lab.pins, lab.hovered]).toEqual([[], null]);
});

test('typing looks again after a moment of quiet, once, and the lens goes with it', async () => {
  const { asked, lab, map } = await openLab();
  const before = asked('look').length;
  const field = screen.getByRole('textbox', { name: 'Text to look at' });
  for (const value of ['P', 'Pa', 'Paris is']) await fireEvent.input(field, { target: { value } });
  expect(asked('look')).toHaveLength(before);
  await until(() => expect(map.dataset.tokens).toBe('2'));
  expect(asked('look')).toHaveLength(before + 1);
  await until(() => expect(lab.lens?.position).toBe(1));
  expect(screen.getByText('2 tokens')).toBeTruthy();
});

test('the measure is chosen above the map, with what it is taken against', async () => {
  const { lab, asked } = await openLab();
  await fireEvent.click(screen.getByRole('radio', { name: 'Cosine' }));
  await until(() => expect(lab.look?.label).toBe('cosine'));
  expect(screen.getByRole('heading', { name: 'Cosine to “ Rome” by layer and token' })).toBeTruthy();
  await fireEvent.click(screen.getByRole('radio', { name: 'Δ text' }));
  await fireEvent.input(screen.getByRole('textbox', { name: 'Other text' }), {
    target: { value: 'One Tower' },
  });
  await until(() =>
    expect(asked('look').at(-1)).toMatchObject({ measure: { kind: 'text', other: 'One Tower' } }),
  );
  // Where the other text has no token there is nothing to compare with.
  await until(() => expect(lab.look!.values[2]).toBeNaN());
  await fireEvent.click(screen.getByRole('radio', { name: 'Δ precision' }));
  await until(() =>
    expect(asked('look').at(-1)).toMatchObject({ measure: { kind: 'level', other: 'fp32' } }),
  );
  // Without a second model nothing is asked, and the way to one is shown.
  const before = asked('look').length;
  await fireEvent.click(screen.getByRole('radio', { name: 'Δ model' }));
  expect(
    within(screen.getByRole('combobox', { name: 'Other model' })).getByText('Open a file…'),
  ).toBeTruthy();
  expect(asked('look').length).toBe(before);
});

test('hooks are chosen by a pattern, shown by a click, and a wrong pattern says so', async () => {
  const { lab } = await openLab();
  const field = screen.getByRole('textbox', { name: 'Choose hooks' });
  expect(screen.getByText('4 chosen')).toBeTruthy();
  await fireEvent.input(field, { target: { value: '/^mlp_/' } });
  expect(screen.getByText('12 chosen')).toBeTruthy();
  await fireEvent.input(field, { target: { value: 'mlp:*' } });
  expect(screen.getByText('No hook is called mlp:*.')).toBeTruthy();
  await fireEvent.click(
    await within(inspector()).findByRole('button', { name: 'Show blocks 2, 3 · pattern' }),
  );
  expect([lab.tab, lab.attentionLayer]).toEqual(['attention', 2]);
  await screen.findByRole('radio', { name: /^Head 1, entropy/, checked: false });
});

test('what is chosen here opens Capture on this model', async () => {
  const engine = new MemoryEngine();
  const field = (key: string) => ({ ...method.fields[0]!, key, kind: 'text' as const, default: '' });
  const words = { title: 'Model', help: '', without: '', optional: false };
  const model = { ...words, name: 'model', kind: 'model' as const, needs: 'language' as const };
  engine.methods.push({
    ...{ ...method, id: 'capture', title: 'Capture', inputs: [model] },
    fields: ['hooks', 'pool', 'level'].map(field),
  });
  const { app, lab } = await openLab(engine);
  // A method that needs a language model takes the one that is shown.
  expect(app.workspace.inputs.of(engine.methods.at(-1)!, model)).toEqual([lab.info.id]);
  expect(app.workspace.inputs.choices(engine.methods.at(-1)!, model, undefined)[0]!.id).toBe(lab.info.id);
  await fireEvent.click(screen.getByRole('radio', { name: 'Last' }));
  expect(screen.getByText('256 B a text')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Capture these…' }));
  const { workspace } = app;
  expect(workspace.openMethod?.id).toBe('capture');
  expect(workspace.draft.given).toMatchObject({ hooks: 'resid_post:*', pool: 'last', level: '4-bit-0' });
  expect(workspace.inputs.of(workspace.openMethod!, model)).toEqual([lab.info.id]);
});

test('the level for chat is never that of what is looked at', async () => {
  const { lab, asked } = await openLab();
  const choice = () => within(inspector()).getByRole<HTMLButtonElement>('radio', { name: '4-bit · 4' });
  expect(choice().disabled).toBe(true);
  await fireEvent.click(within(inspector()).getByRole('radio', { name: 'fp32' }));
  await until(() => expect(asked('look').at(-1)).toMatchObject({ level: 'fp32' }));
  await fireEvent.click(screen.getByRole('tab', { name: 'Generate' }));
  expect(choice().getAttribute('aria-checked')).toBe('true');
  expect(screen.getByText('fast arithmetic')).toBeTruthy();
  expect([lab.level, lab.chat.level]).toEqual(['fp32', '4-bit-4']);
});

test('a conversation streams, tells what else was likely, and stops', async () => {
  const { lab, engine } = await openLab();
  engine.lab.pace = 5;
  await fireEvent.click(screen.getByRole('tab', { name: 'Generate' }));
  await fireEvent.input(screen.getByRole('textbox', { name: 'Message' }), { target: { value: 'Hello' } });
  await fireEvent.click(screen.getByRole('button', { name: 'Send' }));
  await until(() => expect(lab.chat.tokens.length).toBeGreaterThan(3));
  const text = screen.getByRole('group', { name: /^Generated text/ });
  await press(text, 'ArrowRight');
  const [first] = lab.chat.tokens;
  expect(screen.getByText(/nats\)/).textContent).toContain(`“${first!.alternatives[0]!.text}”`);
  await fireEvent.click(screen.getByRole('button', { name: 'Stop writing' }));
  await until(() => expect(lab.chat.running).toBe('no'));
  expect(lab.chat.result?.finish).toBe('stopped');
  expect(lab.chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
});

test('the same seed draws the same words, and a setting out of range is refused where it is', async () => {
  const { lab } = await openLab();
  await fireEvent.click(screen.getByRole('tab', { name: 'Generate' }));
  await fireEvent.click(screen.getByRole('radio', { name: 'Prompt' }));
  lab.chat.sampling = { ...lab.chat.sampling, maxTokens: 6, seed: 3 };
  await lab.chat.send();
  const first = lab.chat.result?.text;
  await lab.chat.send();
  expect(lab.chat.result?.text).toBe(first);
  const field = await screen.findByLabelText(/^Top p/);
  await fireEvent.input(field, { target: { value: '7' } });
  await fireEvent.change(field, { target: { value: '7' } });
  await fireEvent.blur(field);
  await until(() =>
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Generate' }).disabled).toBe(true),
  );
});

test('what fails says so in its place, and the next text is looked at again', async () => {
  const { engine, lab, map } = await openLab();
  engine.lab.failure = new EngineError({
    code: 'tensor-cut',
    what: 'a tensor ends before its bytes',
    where: { tensor: 'blk.3.ffn_up.weight', byte: 123 },
  });
  lab.text = 'Paris';
  lab.run();
  const alert = await within(figure('Layer by token map')).findByRole('alert');
  expect(alert.textContent).toMatch(/a tensor ends before its bytes.*tensor-cut/s);
  engine.lab.failure = null;
  lab.run();
  await until(() => expect(map.dataset.tokens).toBe('1'));
  expect(within(figure('Layer by token map')).queryByRole('alert')).toBeNull();
});

test('a text that was cleared takes its map, its lens and its numbers along', async () => {
  const { engine, lab } = await openLab();
  await until(() => expect(lab.lens).not.toBeNull());
  engine.lab.failure = new EngineError({ code: 'text-empty', what: 'the text has no token' });
  lab.text = '';
  lab.run();
  await within(figure('Layer by token map')).findByRole('alert');
  expect(screen.queryByRole('application', { name: /Layer by token map/ })).toBeNull();
  expect([lab.lens, lab.pins]).toEqual([null, []]);
  engine.lab.failure = null;
  lab.text = 'Paris';
  lab.run();
  await screen.findByRole('application', { name: /Layer by token map/ });
});

test('2,048 tokens are the most, more are said to be left out, and plus zooms into them', async () => {
  const { lab, map } = await openLab(new MemoryEngine({ layers: 1, heads: 1, width: 2 }));
  lab.text = 'a '.repeat(2100).trim();
  lab.run();
  await until(() => expect(map.dataset.tokens).toBe('2048'));
  expect(figure('Layer by token map').textContent).toContain('52 tokens left out');
  await press(map, '+');
  expect(figure('Layer by token map').textContent).toMatch(/showing \d+–\d+/);
  await press(map, '0');
  expect(map.dataset.shown).toBe('0-2048');
}, 30_000);

test('a small model begins with words of its own world', () => {
  const small = firstWords({ vocabulary: 512 });
  const large = firstWords({ vocabulary: 32_000 });
  for (const { text, direction } of [small, large]) expect(text).toContain(direction.text);
  expect(small.text).not.toBe(large.text);
});

test('a measure that is refused leaves the map under the name of what it shows', async () => {
  const { engine, lab } = await openLab();
  vi.spyOn(engine.api, 'language').mockRejectedValueOnce(
    new EngineError({ code: 'token-unknown', what: 'this text is no single token of the model' }),
  );
  await fireEvent.click(screen.getByRole('radio', { name: 'Cosine' }));
  await until(() => expect(lab.lookError?.code).toBe('token-unknown'));
  expect(screen.getByRole('heading', { name: 'Norm by layer and token' })).toBeTruthy();
});

test('another view asks for a text with the cell of a block and token, and for a direction', async () => {
  const { lab, map } = await openLab();
  lab.grant({ text: 'the cat sat', layer: 1, token: 0 });
  await until(() => expect(lab.pins).toHaveLength(1));
  const { tokens, rows } = lab.look!;
  const last = tokens.findLastIndex(({ special }) => !special);
  expect([rows[lab.pins[0]!.row]!.layer, lab.pins[0]!.token]).toEqual([1, last]);
  expect(map.dataset.tokens).toBe(String(tokens.length));
  const values = new Float32Array(lab.facts.width).fill(1);
  const direction = { name: 'cities (lr-l2)', values, hook: 'resid_post:1' };
  lab.grant({ layer: 1, token: 'first', direction });
  await until(() => expect(lab.measured.kind).toBe('cosine'));
  expect(lab.text).toBe('the cat sat');
  expect([lab.hook, lab.pins[0]!.token]).toEqual([
    'resid_post:1',
    tokens.findIndex(({ special }) => !special),
  ]);
  expect(screen.getByRole('heading', { name: /cities \(lr-l2\)/ })).toBeTruthy();
});
