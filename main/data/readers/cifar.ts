/** @file CIFAR-10 binary: records of one label byte and 3,072 planar RGB bytes. */
import { MongeError } from '../../../native-models/error';
import { categoryColumn } from '../column';
import { imageColumn } from '../image-column';
import { checkDeclared, truncated } from '../limits';
import { extensionOf, type Reader } from './reader';

const RECORD = 3073;
const PLANE = 1024;
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

export const cifarReader: Reader = {
  format: 'cifar',
  extensions: [],
  match: (head, name) => extensionOf(name) === 'bin' && head[0]! < CLASSES.length,
  async open(source) {
    const content = await source.readAll();
    const rows = Math.floor(content.length / RECORD);
    if (content.length % RECORD !== 0) throw truncated(source.name, content.length, (rows + 1) * RECORD);
    checkDeclared(source.name, rows * (RECORD - 1), source.bytes, [rows, 32, 32, 3]);
    const codes = new Int32Array(rows);
    const pixels = new Uint8Array(rows * (RECORD - 1));
    for (let row = 0; row < rows; row += 1) {
      const start = row * RECORD;
      codes[row] = content[start]!;
      if (codes[row]! >= CLASSES.length)
        throw new MongeError({
          code: 'wrong-record',
          what: 'a record does not begin with a CIFAR-10 class',
          where: { file: source.name, row: row + 1, byte: start },
          got: String(codes[row]),
          expected: '0 to 9',
          help: 'only CIFAR-10 binary files (records of 3,073 bytes) are read from .bin',
        });
      const to = row * (RECORD - 1);
      for (let p = 0; p < PLANE; p += 1)
        for (let c = 0; c < 3; c += 1) pixels[to + p * 3 + c] = content[start + 1 + c * PLANE + p]!;
    }
    const image = { height: 32, width: 32, channels: 3 };
    return {
      format: 'cifar',
      columns: [imageColumn('image', image, pixels), categoryColumn('label', codes, CLASSES)],
      warnings: [],
    };
  },
};
