/** @file Dropped folders: walked whole, sent as one archive to a server, opened in place on the desktop, refused when too large. */
import { installBrowserParts } from '../testing/browser-parts';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EngineError } from '../engine/error';
import type { MongeBridge } from '../../main/rpc/contract';
import { AppState } from '../state/app.svelte';
import { folderLimits, type Folder } from '../state/image-folder';
import { Settings } from '../state/settings.svelte';
import { MemoryEngine } from '../testing/memory-engine';
import { readDrop, readPicked } from './dropped';
import Workbench from './Workbench.svelte';

beforeEach(() => {
  localStorage.clear();
  installBrowserParts();
});
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(window, 'monge');
});

/** A folder as browsers hand it out: names to contents, or to further folders; a hundred entries at a time. */
interface Tree {
  [name: string]: string | Tree;
}

function entryOf(name: string, content: string | Tree): FileSystemEntry {
  if (typeof content === 'string')
    return {
      name,
      isFile: true,
      isDirectory: false,
      file: (found: (file: File) => void) => found(new File([content], name)),
    } as unknown as FileSystemEntry;
  const entries = Object.entries(content).map(([inner, value]) => entryOf(inner, value));
  return {
    name,
    isFile: false,
    isDirectory: true,
    createReader: () => {
      const left = [...entries];
      return { readEntries: (found: (some: FileSystemEntry[]) => void) => found(left.splice(0, 100)) };
    },
  } as unknown as FileSystemEntry;
}

function transferOf(tree: Tree): DataTransfer {
  const items = Object.entries(tree).map(([name, content]) => ({
    kind: 'file',
    webkitGetAsEntry: () => entryOf(name, content),
    getAsFile: () => new File(typeof content === 'string' ? [content] : [], name),
  }));
  return { items, types: ['Files'], files: items.map((item) => item.getAsFile()) } as unknown as DataTransfer;
}

const unknownPath = () => '';
const pets = { dog: { '1.png': 'wuff' }, cat: { '2.png': 'mrrr', '1.png': 'miau' }, '.DS_Store': 'desk' };
const many = (count: number): Tree =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.png`, 'x']));

async function open(engine = new MemoryEngine()) {
  const app = new AppState(engine, new Settings());
  await app.workspace.restore();
  render(Workbench, { props: { app, onretry: () => {} } });
  return { app, engine };
}

const drop = (tree: Tree) => fireEvent.drop(window, { dataTransfer: transferOf(tree) });

test('a dropped folder is walked whole, in name order, without what systems leave in it', async () => {
  const { files, folders } = await readDrop(transferOf({ pets, 'a.csv': 'x\n1\n' }), unknownPath);
  expect(files.map((file) => file.name)).toEqual(['a.csv']);
  expect(folders).toMatchObject([{ name: 'pets', more: false, place: '' }]);
  expect(folders[0]?.files.map(({ path }) => path)).toEqual([
    'pets/cat/1.png',
    'pets/cat/2.png',
    'pets/dog/1.png',
  ]);
});

test('a folder is walked up to the limit, and says when there is more', async () => {
  const size = folderLimits.files;
  const folderOf = async (count: number) =>
    (await readDrop(transferOf({ pets: many(count) }), unknownPath)).folders[0]!;
  expect(await folderOf(size)).toMatchObject({ more: false });
  const larger = await folderOf(size + 1);
  expect([larger.files.length, larger.more]).toEqual([size, true]);
});

test('a picked folder is what a dropped one is', () => {
  const picked = ['pets/cat/1.png', 'pets/.git/1.png'].map((path) => {
    const file = new File(['x'], path.split('/').at(-1)!);
    Object.defineProperty(file, 'webkitRelativePath', { value: path });
    return file;
  });
  const { folders } = readPicked(picked, () => '/home/ada/pets/cat/1.png');
  expect(folders).toMatchObject([{ name: 'pets', more: false, place: '/home/ada/pets' }]);
  expect(folders[0]?.files.map(({ path }) => path)).toEqual(['pets/cat/1.png']);
  expect(readPicked([], unknownPath).folders).toEqual([]);
});

test('a folder of images goes to a server as one archive', async () => {
  const { app, engine } = await open();
  await drop({ pets });
  await vi.waitFor(() => expect(app.workspace.dataset?.name).toBe('pets.zip'));
  const sent = [...engine.uploads.values()];
  expect(sent.map((one) => one.name)).toEqual(['pets.zip']);
  expect(Object.keys(unzipSync(sent[0]!.bytes))).toEqual([
    'pets/cat/1.png',
    'pets/cat/2.png',
    'pets/dog/1.png',
  ]);
  expect(app.opener.uploads).toEqual([]);
});

test('another folder is opened file by file', async () => {
  const { app, engine } = await open();
  await drop({ tables: { 'a.csv': 'x\n1\n', 'b.csv': 'x\n2\n', 'plot.png': 'x' } });
  await vi.waitFor(() => expect(engine.uploads.size).toBe(3));
  await vi.waitFor(() => expect(app.workspace.dataset?.name).toBe('a.csv'));
  expect([...engine.uploads.values()].map((one) => one.name)).toEqual(['a.csv', 'b.csv', 'plot.png']);
});

test.each<[string, Partial<Folder>]>([
  ['2,000 files', { more: true }],
  ['1 GiB', {}],
])('a folder of more than %s says how to open it, and leads there', async (limit, over) => {
  const { app, engine } = await open();
  const image = new File(['x'], '1.png');
  Object.defineProperty(image, 'size', { value: limit === '1 GiB' ? folderLimits.bytes + 1 : 1 });
  const files = [{ path: 'pets/1.png', file: image }];
  await app.open([], [{ name: 'pets', files, more: false, place: '', ...over }]);
  const notice = await screen.findByText(/“pets” is too large to send/);
  expect(notice.textContent).toContain(limit);
  expect(notice.textContent).toContain('monge serve --root');
  expect(engine.uploads.size).toBe(0);
  await fireEvent.click(screen.getByRole('button', { name: 'Open a path…' }));
  expect(app.dialog).toBe('path');
});

test('the desktop opens a dropped folder where it lies, whatever its size', async () => {
  const shell: Partial<MongeBridge> = {
    kind: 'electron',
    pathForFile: (file) => `/home/ada/${file.name}`,
    setMenu: () => {},
    setProgress: () => {},
    onCommand: () => () => {},
    onOpenPaths: () => () => {},
    onEngineState: () => () => {},
  };
  Object.defineProperty(window, 'monge', { value: shell, configurable: true });
  const { app, engine } = await open();
  await drop({ pets: many(folderLimits.files + 1) });
  await vi.waitFor(() => expect(app.workspace.dataset?.name).toBe('pets'));
  expect(engine.calls).toContainEqual(['openPath', '/home/ada/pets']);
  expect(engine.uploads.size).toBe(0);
});

test('a path on the engine’s machine opens from a dialog, which keeps what failed and why', async () => {
  const engine = new MemoryEngine();
  const { app } = await open(engine);
  const opening = vi.spyOn(engine.api, 'openPath').mockRejectedValueOnce(
    new EngineError({
      code: 'path-not-allowed',
      what: 'this server does not open files there',
      where: { file: '/etc/pets' },
      help: 'Start the server with `monge serve --root FOLDER`.',
    }),
  );
  app.dialog = 'path';
  const dialog = await screen.findByRole('dialog', { name: /Open a path on the engine’s machine/ });
  const field = within(dialog).getByRole('textbox', { name: 'Path' });
  await fireEvent.input(field, { target: { value: ' /etc/pets ' } });
  await fireEvent.click(within(dialog).getByRole('button', { name: 'Open' }));
  expect((await within(dialog).findByRole('alert')).textContent).toContain('monge serve --root');
  expect(opening).toHaveBeenCalledWith('/etc/pets');
  await fireEvent.input(field, { target: { value: '/data/pets' } });
  expect(within(dialog).queryByRole('alert')).toBeNull();
  await fireEvent.click(within(dialog).getByRole('button', { name: 'Open' }));
  await vi.waitFor(() => expect(app.workspace.dataset?.name).toBe('pets'));
  expect(app.dialog).toBeNull();
});
