/** @file Whether the steps of a fit fit into memory, told before the first of them. */
import { peakMemory, type TrainingProgram } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { memoryLimit } from '../../../foreign/limits';

/** The runtime packs every weight once for the way there and once for the way back. */
const COPIES = 2;
const MEBIBYTE = 2 ** 20;

/**
 * Bytes that a step takes: activations that are kept for the gradients, and the model's weights.
 * @throws `lineas-memory` where that is more than the process for foreign files may hold
 */
export function requireRoom(program: TrainingProgram, limit = memoryLimit()): number {
  const weights = Object.values(program.fixed).reduce(
    (sum, { shape }) => sum + 4 * shape.reduce<number>((product, size) => product * Number(size), 1),
    0,
  );
  const { bytes } = peakMemory(program.graph);
  const needed = bytes + COPIES * weights;
  if (needed <= limit) return needed;
  const tell = (size: number) => `${Math.ceil(size / MEBIBYTE)} MiB`;
  throw new MongeError({
    code: 'lineas-memory',
    blame: 'input',
    what: 'learning maps end to end keeps what every token makes in every block, which is too much here',
    where: { key: 'batch' },
    got: `${tell(bytes)} for a step, ${tell(COPIES * weights)} for the model`,
    expected: `at most ${tell(limit)} altogether`,
    help: 'cut the texts shorter, or take fewer in a step; MONGE_FOREIGN_MEMORY allows more',
  });
}
