/** @file Every way in which a data file can be broken, with the code that must come back; fed to the readers, the CLI and RPC. */
import {
  cifarRecord,
  gzip,
  idx,
  joined,
  noise,
  npy,
  npyWithHeader,
  raw,
  text,
  zip,
  zipWithField,
} from './bytes';
import { imageArchives } from './malformed-images';
import { textTables, type MalformedFile } from './malformed-text';

export type { MalformedFile } from './malformed-text';

const floats = (count: number) => raw(new Float32Array(count));
const parquetTail = (length: number) =>
  joined([length & 255, (length >>> 8) & 255, (length >>> 16) & 255, (length >>> 24) & 255], text('PAR1'));
const compressed: MalformedFile[] = [
  {
    name: 'gzip cut short',
    fileName: 'cut.csv.gz',
    bytes: () => gzip(text(`a,b\n${Array.from(noise(50_000)).join(',1\n')},1\n`)).subarray(0, 4_000),
    code: 'truncated',
  },
  {
    name: 'gzip with a wrong checksum',
    fileName: 'checksum.csv.gz',
    bytes: () => flip(gzip(text('a,b\n1,2\n')), -8),
    code: 'corrupt-gzip',
  },
  {
    name: 'gzip with damaged content',
    fileName: 'damaged.csv.gz',
    bytes: () => joined([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], noise(200).fill(255)),
    code: 'corrupt-gzip',
  },
  {
    name: 'gzip bomb',
    fileName: 'bomb.csv.gz',
    bytes: () => gzip(new Uint8Array(24 * 2 ** 20).fill(0x31)),
    code: 'zip-bomb',
  },
  {
    name: 'NPZ bomb',
    fileName: 'bomb.npz',
    bytes: () => zip({ 'x.npy': new Uint8Array(24 * 2 ** 20) }),
    code: 'zip-bomb',
  },
  {
    name: 'NPZ entry larger than declared',
    fileName: 'liar.npz',
    bytes: () => zipWithField({ 'x.npy': npy('<f4', '(500,)', floats(500)) }, 24, 100),
    code: 'zip-bomb',
  },
  {
    name: 'NPZ entry declaring far too much',
    fileName: 'boast.npz',
    bytes: () => zipWithField({ 'x.npy': npy('<f4', '(500,)', floats(500)) }, 24, 0x7fffffff),
    code: 'zip-bomb',
  },
  {
    name: 'NPZ with a wrong checksum',
    fileName: 'checksum.npz',
    bytes: () => zipWithField({ 'x.npy': npy('<f4', '(5,)', floats(5)) }, 16, 1),
    code: 'corrupt-zip',
  },
  {
    name: 'NPZ cut short',
    fileName: 'cut.npz',
    bytes: () => zip({ 'x.npy': npy('<f4', '(5,)', floats(5)) }).subarray(0, 60),
    code: 'truncated',
  },
  {
    name: 'NPZ without arrays',
    fileName: 'none.npz',
    bytes: () => zip({ 'readme.txt': text('hello') }),
    code: 'no-arrays',
  },
  {
    name: 'CSV named NPZ',
    fileName: 'table.npz',
    bytes: () => text('a,b\n1,2\n'),
    code: 'wrong-magic',
    place: { byte: 0 },
  },
];

const arrays: MalformedFile[] = [
  {
    name: 'text named NPY',
    fileName: 'text.npy',
    bytes: () => text('not an array\n'),
    code: 'wrong-magic',
    place: { byte: 0 },
  },
  {
    name: 'NPY cut in its header',
    fileName: 'cut-header.npy',
    bytes: () => npy('<f4', '(3,)', floats(3)).subarray(0, 40),
    code: 'truncated',
  },
  {
    name: 'NPY cut in its data',
    fileName: 'cut-data.npy',
    bytes: () => npy('<f4', '(100,)', floats(60)),
    code: 'truncated',
  },
  {
    name: 'NPY declaring terabytes',
    fileName: 'huge.npy',
    bytes: () => npy('<f8', '(1000000, 1000000)', floats(4)),
    code: 'header-too-large',
  },
  {
    name: 'NPY with an overflowing shape',
    fileName: 'overflow.npy',
    bytes: () => npy('<f8', '(99999999999999999999, 99999999999)', floats(4)),
    code: 'header-too-large',
  },
  {
    name: 'NPY with a giant header',
    fileName: 'giant-header.npy',
    bytes: () => joined([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0, 0, 0x40], floats(9)),
    code: 'header-too-large',
    place: { byte: 8 },
  },
  {
    name: 'NPY of an unknown version',
    fileName: 'version.npy',
    bytes: () => joined([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 9, 0, 1, 0], floats(9)),
    code: 'malformed-header',
  },
  {
    name: 'NPY of Python objects',
    fileName: 'objects.npy',
    bytes: () => npy('|O', '(2,)', floats(4)),
    code: 'unsupported-dtype',
  },
  {
    name: 'NPY of complex numbers',
    fileName: 'complex.npy',
    bytes: () => npy('<c8', '(2,)', floats(4)),
    code: 'unsupported-dtype',
  },
  {
    name: 'NPY of records',
    fileName: 'records.npy',
    bytes: () => npy("[('a', '<f4')]", '(2,)', floats(2)),
    code: 'unsupported-dtype',
  },
  {
    name: 'NPY without a shape',
    fileName: 'shapeless.npy',
    bytes: () => npyWithHeader("{'descr': '<f4', 'fortran_order': False}\n", floats(2)),
    code: 'malformed-header',
  },
  {
    name: 'NPY of a single number',
    fileName: 'single.npy',
    bytes: () => npy('<f4', '()', floats(1)),
    code: 'no-rows',
  },
  {
    name: 'NPY without rows',
    fileName: 'norows.npy',
    bytes: () => npy('<f4', '(0, 3)', floats(0)),
    code: 'no-rows',
  },
  {
    name: 'IDX with a wrong type',
    fileName: 'type-images-idx3-ubyte',
    bytes: () => idx([1, 2, 2], noise(4), 3),
    code: 'wrong-magic',
    place: { byte: 0 },
  },
  {
    name: 'text named IDX',
    fileName: 'text-images-idx3-ubyte',
    bytes: () => text('<html>not found</html>'),
    code: 'wrong-magic',
    place: { byte: 0 },
  },
  {
    name: 'IDX cut in its header',
    fileName: 'header-images-idx3-ubyte',
    bytes: () => idx([3, 2, 2], noise(0)).subarray(0, 9),
    code: 'truncated',
  },
  {
    name: 'IDX cut in its data',
    fileName: 'data-images-idx3-ubyte',
    bytes: () => idx([10, 4, 4], noise(100)),
    code: 'truncated',
  },
  {
    name: 'IDX declaring terabytes',
    fileName: 'huge-images-idx3-ubyte',
    bytes: () => idx([0x7fffffff, 0x7fff, 0x7fff], noise(16)),
    code: 'header-too-large',
  },
  {
    name: 'gzipped IDX declaring gigabytes',
    fileName: 'huge-images-idx3-ubyte.gz',
    bytes: () => gzip(idx([1_000_000, 28, 28], noise(16))),
    code: 'header-too-large',
  },
  {
    name: 'IDX with bytes left over',
    fileName: 'more-images-idx3-ubyte',
    bytes: () => idx([2, 4, 4], noise(40)),
    code: 'trailing-bytes',
    place: { byte: 48 },
  },
  {
    name: 'IDX without rows',
    fileName: 'none-labels-idx1-ubyte',
    bytes: () => idx([0], noise(0)),
    code: 'no-rows',
  },
  {
    name: 'CIFAR record cut short',
    fileName: 'cut.bin',
    bytes: () => joined(cifarRecord(1, [1, 2, 3]), cifarRecord(2, [4, 5, 6]).subarray(0, 2000)),
    code: 'truncated',
  },
  {
    name: 'CIFAR record with an unknown class',
    fileName: 'class.bin',
    bytes: () => joined(cifarRecord(1, [1, 2, 3]), cifarRecord(77, [4, 5, 6])),
    code: 'wrong-record',
    place: { row: 2, byte: 3073 },
  },
  {
    name: 'text named Parquet',
    fileName: 'text.parquet',
    bytes: () => text('a,b\n1,2\n'),
    code: 'wrong-magic',
    place: { byte: 0 },
  },
  {
    name: 'Parquet cut short',
    fileName: 'cut.parquet',
    bytes: () => joined(text('PAR1'), noise(100)),
    code: 'truncated',
  },
  {
    name: 'Parquet with a giant footer',
    fileName: 'footer.parquet',
    bytes: () => joined(text('PAR1'), noise(20), parquetTail(0x7fffffff)),
    code: 'header-too-large',
  },
  {
    name: 'Parquet with a damaged footer',
    fileName: 'damaged.parquet',
    bytes: () => joined(text('PAR1'), noise(64), parquetTail(64)),
    code: 'corrupt-parquet',
  },
];

/** More than forty broken files; none may open, none may crash, each names its place. */
export const malformedFiles: readonly MalformedFile[] = [
  ...textTables,
  ...compressed,
  ...imageArchives,
  ...arrays,
];

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const index = at < 0 ? bytes.length + at : at;
  return bytes.map((byte, i) => (i === index ? byte ^ 0xff : byte));
}
