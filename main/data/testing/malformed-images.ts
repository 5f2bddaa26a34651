/** @file Broken archives of images, among them those made to do harm. */
import { joined, noise, png, text, zip, zipStored, zipWithField } from './bytes';
import type { MalformedFile } from './malformed-text';

const pets = () => ({ 'cat/1.png': png(4, 4, 10), 'dog/1.png': png(4, 4, 200) });

export const imageArchives: MalformedFile[] = [
  {
    name: 'zip without images or arrays',
    fileName: 'papers.zip',
    bytes: () => zip({ 'readme.txt': text('hello'), 'paper.pdf': noise(50) }),
    code: 'no-images',
  },
  {
    name: 'zip without files',
    fileName: 'none.zip',
    bytes: () => zip({}),
    code: 'no-images',
  },
  {
    name: 'zip with only a Mac’s leftovers',
    fileName: 'leftovers.zip',
    bytes: () => zip({ '__MACOSX/cat/._1.png': noise(40), '.DS_Store': noise(40) }),
    code: 'no-images',
  },
  {
    name: 'zip with images too deep',
    fileName: 'deep.zip',
    bytes: () => zip({ 'a/b/c/1.png': png(4, 4, 10), 'a/b/d/1.png': png(4, 4, 10) }),
    code: 'no-images',
  },
  {
    name: 'zip of images of two sizes',
    fileName: 'sizes.zip',
    bytes: () => zip({ ...pets(), 'dog/2.png': png(5, 4, 1) }),
    code: 'image-size-mismatch',
    place: { file: 'sizes.zip/dog/2.png' },
  },
  {
    name: 'zip with a path that escapes',
    fileName: 'escape.zip',
    bytes: () => zip({ ...pets(), '../../evil.png': png(4, 4, 1) }),
    code: 'unsafe-name',
  },
  {
    name: 'zip with a Windows path that escapes',
    fileName: 'escape-windows.zip',
    bytes: () => zip({ ...pets(), 'cat\\..\\..\\evil.png': png(4, 4, 1) }),
    code: 'unsafe-name',
  },
  {
    name: 'zip with an absolute path',
    fileName: 'absolute.zip',
    bytes: () => zip({ ...pets(), '/etc/passwd': text('root') }),
    code: 'unsafe-name',
  },
  {
    name: 'zip with a drive letter',
    fileName: 'drive.zip',
    bytes: () => zip({ ...pets(), 'C:evil.png': png(4, 4, 1) }),
    code: 'unsafe-name',
  },
  {
    name: 'zip with a zero byte in a name',
    fileName: 'zero.zip',
    bytes: () => zip({ ...pets(), 'cat/evil\0.png': png(4, 4, 1) }),
    code: 'unsafe-name',
  },
  {
    name: 'zip with one path twice',
    fileName: 'twice.zip',
    bytes: () => zipStored({ ...pets(), 'cat/2.png': png(4, 4, 1) }, 'cat/2.png', 'cat/1.png'),
    code: 'duplicate-entry',
    place: { file: 'twice.zip/cat/1.png' },
  },
  {
    name: 'zip bomb of images',
    fileName: 'bomb.zip',
    bytes: () => zip({ 'cat/1.png': new Uint8Array(24 * 2 ** 20) }),
    code: 'zip-bomb',
  },
  {
    name: 'zipped image larger than declared',
    fileName: 'liar.zip',
    bytes: () => zipWithField({ 'cat/1.png': joined(png(4, 4, 10), new Uint8Array(900)) }, 24, 100),
    code: 'zip-bomb',
    place: { file: 'liar.zip/cat/1.png' },
  },
  {
    name: 'zipped image with a wrong checksum',
    fileName: 'checksum.zip',
    bytes: () => zipWithField(pets(), 16, 1),
    code: 'corrupt-zip',
    place: { file: 'checksum.zip/cat/1.png' },
  },
  {
    name: 'zipped image declaring billions of pixels',
    fileName: 'billions.zip',
    bytes: () => zip({ 'cat/1.png': png(4, 4, 1).map((byte, i) => (i >= 16 && i < 24 ? 0x7f : byte)) }),
    code: 'image-too-large',
    place: { file: 'billions.zip/cat/1.png' },
  },
  {
    name: 'zip with text named PNG',
    fileName: 'page.zip',
    bytes: () => zip({ ...pets(), 'dog/2.png': text('<html>not found</html>') }),
    code: 'wrong-magic',
    place: { file: 'page.zip/dog/2.png', byte: 0 },
  },
  {
    name: 'zip of images cut short',
    fileName: 'cut.zip',
    bytes: () => zip(pets()).subarray(0, 120),
    code: 'truncated',
  },
  {
    name: 'text named zip',
    fileName: 'text.zip',
    bytes: () => text('not an archive\n'),
    code: 'wrong-magic',
    place: { byte: 0 },
  },
];
