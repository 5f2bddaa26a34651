/** @file The figures of a run: what each strength brings and costs, one unit before and after, and the distances hook by hook. */
import { plot } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import { figureFor } from '../../contract/figure';
import { object, section } from '../../contract/schema';
import type { Banded, SteerHook, SteerPoint } from '../../contract/steer';
import type { SteeringUnitView } from '../../contract/steering';
import type { Inputs, SteerConfig } from './config';
import { overviewOf } from './queries/overview';
import { fittedOf, pointsOf } from './queries/stored';
import { unitOf } from './queries/units';
import { names } from './stages';

const [sweep] = section('Sweep');
const [unit] = section('Unit');

const measures = {
  presence: 'Presence: Share of continuations with a word of the lexicon.',
  judged: 'Judged: Share that a classifier of words takes for the target.',
  perplexity: 'Perplexity: Of the continuations under the unsteered model.',
  perplexityData: 'Perplexity of data: Of neutral texts under the steered model.',
} as const;
type Measure = keyof typeof measures;

export const figures = {
  sweep: figureFor<SteerConfig, Inputs>()({
    title: 'What strength brings, and what it costs',
    help: 'With 95 % bands over the continuations, beside random maps of the same norm.',
    args: object({ measure: sweep('Measure: What is drawn.').choice('presence', measures) }),
    draw: async (run, { measure }) => sweepScene(await pointsOf(run), measure),
  }),
  unit: figureFor<SteerConfig, Inputs>()({
    title: 'A unit before and after',
    help: 'Pooled activations of the source, of the target, and of the source pushed through the map.',
    args: object({
      hook: unit('Hook: Its id; empty for the first one that is fitted.').text('', 100),
      unit: unit('Unit: Its number; -1 for the one that the map brings nearest to the target.').integer(
        -1,
        [-1, 10_000_000],
      ),
    }),
    async draw(run, asked) {
      const fitted = await fittedOf(run);
      const chosen = fitted.find((one) => asked.hook === '' || one.fitted.map.hook === asked.hook);
      if (!chosen || !run.keptNames.includes(names.sides(chosen.number))) return null;
      const { before, after } = chosen.fitted.fits;
      const gains = before.map((value, k) => value - after[k]!);
      const number = asked.unit >= 0 ? asked.unit : gains.indexOf(Math.max(...gains));
      return unitScene(await unitOf(run, { hook: chosen.fitted.map.hook, unit: number }));
    },
  }),
  layers: figureFor<SteerConfig, Inputs>()({
    title: 'Distance of source and target, hook by hook',
    help: 'Root mean square of W₂ over the units, as the texts are and with the source pushed through the map.',
    draw: async (run) => layerScene((await overviewOf(run)).hooks),
  }),
};

function sweepScene(points: readonly SteerPoint[], measure: Measure): Scene | null {
  const of = (arm: SteerPoint['arm']) =>
    points.filter((point) => point.arm === arm && Number.isFinite(point[measure].value));
  const [fitted, random] = [of('fitted'), of('random')];
  if (fitted.length === 0) return null;
  // Without steering random maps are none either.
  const zero = fitted.filter(({ lambda }) => lambda === 0);
  const column = (list: readonly SteerPoint[], key: keyof Banded) => list.map((point) => point[measure][key]);
  const banded = fitted.filter((point) => Number.isFinite(point[measure].low));
  const control = random.length > 0 ? [...random, ...zero].sort((a, b) => a.lambda - b.lambda) : [];
  const share = measure === 'presence' || measure === 'judged';
  return plot({
    title: measures[measure].split(':')[0]!,
    x: 'λ',
    y: share ? { label: 'share', include: [0, 1] } : { label: 'perplexity' },
    marks: [
      banded.length > 1 && {
        ...{ kind: 'band', label: '95 %', color: 'series-1', opacity: 0.2 },
        x: banded.map(({ lambda }) => lambda),
        low: column(banded, 'low'),
        high: column(banded, 'high'),
      },
      {
        ...{ kind: 'line', label: 'fitted maps', color: 'series-1', dots: 3 },
        x: fitted.map(({ lambda }) => lambda),
        y: column(fitted, 'value'),
      },
      control.length > 0 && {
        ...{ kind: 'line', label: 'random maps of the same norm', color: 'series-2', dots: 3 },
        x: control.map(({ lambda }) => lambda),
        y: column(control, 'value'),
      },
    ],
  });
}

function unitScene(view: SteeringUnitView): Scene {
  const bins = (label: string, color: 'series-1' | 'series-2' | 'series-3', counts: Uint32Array) => ({
    ...{ kind: 'bins' as const, label, color, outline: label !== 'target' },
    ...{ edges: view.edges, heights: counts },
  });
  const { distances, auroc, map } = view;
  return plot({
    title: `${view.hook}, unit ${view.unit}`,
    subtitle: `w ${map.w.toPrecision(3)}, β ${map.beta.toPrecision(3)}; W₂ ${distances.before.toPrecision(3)} before, ${distances.after.toPrecision(3)} after; AUROC ${auroc.toFixed(2)}`,
    x: 'pooled activation',
    y: 'texts',
    marks: [
      bins('target', 'series-2', view.target),
      bins('source', 'series-1', view.source),
      bins('source pushed', 'series-3', view.pushed),
    ],
    notes: view.band.inside ? ['The line is one that chance would fit: it lies inside the 95 % band.'] : [],
  });
}

function layerScene(hooks: readonly SteerHook[]): Scene | null {
  const known = hooks.filter(({ before }) => Number.isFinite(before));
  if (known.length === 0) return null;
  const x = known.map((_, k) => k + 1);
  return plot({
    title: 'Distance of source and target',
    subtitle: `${known[0]!.id} to ${known.at(-1)!.id}`,
    x: 'hook, in the order of the model',
    y: { label: 'W₂', include: [0] },
    marks: [
      {
        ...{ kind: 'line', label: 'before', color: 'series-1', dots: 2 },
        x,
        y: known.map((hook) => hook.before),
      },
      {
        ...{ kind: 'line', label: 'after', color: 'series-3', dots: 2 },
        x,
        y: known.map((hook) => hook.after),
      },
    ],
  });
}
