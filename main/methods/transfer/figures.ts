/** @file The figures of a run: the loss of a training, and sizes over scale of a check. */
import { plot } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import { figureFor } from '../../contract/figure';
import { object, section } from '../../contract/schema';
import type { Inputs, TransferConfig } from './config';
import { checkOf, type Check } from './diagnostics/kept';
import type { ModuleName } from './diagnostics/observe';

const [shown] = section('Shown');

const names: Record<ModuleName, `${string}: ${string}`> = {
  embedding: 'Embedding: What goes into the first block.',
  attention: 'Attention: What it gives, before its multiplier.',
  perceptron: 'Perceptron: What it gives, before its multiplier.',
  residual: 'Residual: The stream behind the blocks.',
  logits: 'Logits: What the network says.',
};

export const figures = {
  coordinates: figureFor<TransferConfig, Inputs>()({
    title: 'Coordinate check',
    help: 'Size of a module over scale, one line a step; flat lines transfer.',
    args: object({
      module: shown('Module: Whose values are shown.').choice('residual', names),
      quantity: shown('Quantity: Of the values, or of how far they moved.').choice('sizes', {
        sizes: 'Size: Root mean square.',
        changes: 'Change: Root mean square of the change since step 0.',
      }),
    }),
    async draw(run, { module, quantity }) {
      const check = await checkOf(run);
      return check && coordinateScene(check, module, quantity);
    },
  }),
};

/** One line a step for each rule, the control dashed; null of raw gradients. */
function coordinateScene(check: Check, module: ModuleName, quantity: 'sizes' | 'changes'): Scene | null {
  const steps = check.points[0]?.[quantity][module].length ?? 0;
  if (check.task === 'gradients' || steps === 0) return null;
  // Nothing has changed yet at step 0.
  const first = quantity === 'changes' ? 1 : 0;
  const of = check.slopes.filter(
    (slope) => slope.of === module && slope.quantity === (quantity === 'sizes' ? 'size' : 'change'),
  );
  return plot({
    title: `${module}, ${quantity === 'sizes' ? 'size' : 'change since step 0'}`,
    x: { label: check.axis, scale: 'log' },
    y: { label: 'root mean square', scale: 'log' },
    marks: check.rules.flatMap((rule, at) =>
      Array.from({ length: steps - first }, (_, k) => {
        const step = first + k;
        const points = check.points.filter((point) => point.rule === rule);
        return {
          kind: 'line' as const,
          label: step === steps - 1 ? `${rule}, step ${step}` : '',
          x: points.map(({ scale }) => scale),
          y: points.map((point) => point[quantity][module][step]!),
          color: at === 0 ? ('bad' as const) : ('series-2' as const),
          stroke: at === 0 ? ('dashed' as const) : ('solid' as const),
          opacity: 0.25 + (0.75 * (step - first + 1)) / (steps - first),
        };
      }),
    ),
    notes: of.map(
      ({ rule, slope, inside }) =>
        `${rule}: slope ${slope === null ? 'none' : slope.toFixed(2)}, ${inside ? 'inside' : 'outside'} its band`,
    ),
  });
}
