/** @file Which folders are images, and the archive that one becomes on its way to a server. */
import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { kindOfFolder, packFolder, type Folder } from './image-folder';

const file = (path: string, content = path) => ({ path, file: new File([content], path.split('/').at(-1)!) });
const folder = (...paths: string[]): Folder => ({
  name: 'pets',
  files: paths.map((path) => file(path)),
  more: false,
  place: '',
});

test('a folder is one of images when most of its files are', () => {
  const pets = folder('pets/cat/1.png', 'pets/cat/2.JPG', 'pets/dog/1.jpeg', 'pets/labels.csv');
  const found = kindOfFolder(pets);
  expect(found).toMatchObject({ kind: 'images', others: 1 });
  expect(found.kind === 'images' && found.images.map(({ path }) => path)).toEqual([
    'pets/cat/1.png',
    'pets/cat/2.JPG',
    'pets/dog/1.jpeg',
  ]);
  expect(kindOfFolder(folder('run/loss.csv', 'run/points.npy', 'run/plot.png')).kind).toBe('other');
  expect(kindOfFolder(folder('run/loss.csv', 'run/plot.png')).kind).toBe('other');
  expect(kindOfFolder(folder('llm/config.json', 'llm/model.safetensors')).kind).toBe('model');
  expect(kindOfFolder(folder('llm/config.json', 'llm/model.onnx')).kind).toBe('model');
  expect(kindOfFolder(folder('llm/config.json', 'llm/onnx/model.onnx')).kind).toBe('model');
  expect(kindOfFolder(folder('run/config.json', 'run/checkpoint/arrays.safetensors')).kind).toBe('other');
  expect(kindOfFolder(folder()).kind).toBe('other');
});

test('images below the classes are not used; a folder that has no others is told apart', () => {
  expect(kindOfFolder(folder('pets/cat/1.png', 'pets/cat/old/1.png'))).toMatchObject({ others: 1 });
  expect(kindOfFolder(folder('pets/train/cat/1.png', 'pets/test/cat/1.png')).kind).toBe('deep');
});

test('the archive keeps paths and bytes, and is the same whenever and in whatever order it is made', async () => {
  const files = [file('pets/dog/1.png', 'wuff'), file('pets/cat/1.png', 'miau')];
  const archive = await packFolder('pets', files, () => true);
  expect(archive?.name).toBe('pets.zip');
  const bytes = new Uint8Array(await archive!.arrayBuffer());
  const entries = Object.entries(unzipSync(bytes));
  expect(entries.map(([path, content]) => [path, new TextDecoder().decode(content)])).toEqual([
    ['pets/cat/1.png', 'miau'],
    ['pets/dog/1.png', 'wuff'],
  ]);
  const again = await packFolder('pets', files.toReversed(), () => true);
  expect(new Uint8Array(await again!.arrayBuffer())).toEqual(bytes);
});

test('packing stops when it is told to', async () => {
  let asked = 0;
  const files = [file('pets/1.png'), file('pets/2.png'), file('pets/3.png')];
  expect(await packFolder('pets', files, () => ++asked < 2)).toBeNull();
  expect(asked).toBe(2);
});
