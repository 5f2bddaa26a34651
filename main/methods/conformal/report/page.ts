/** @file The report of a run as one HTML page: what was asked, what covers how often, how large sets are, and the figures. */
import { sceneLegend } from '../../../../figures/legend';
import { frameOf } from '../../../../figures/draw';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { escapeText, sceneSvg } from '../../../../figures/svg';
import { lightTheme } from '../../../../figures/theme';
import type { Comparison, CoverageCurves, Overview, RowRegions } from '../questions';
import { comparePaired, summarise } from '../../../experiments/paired';

export interface ReportContent {
  overview: Overview;
  compare: Comparison;
  coverage: CoverageCurves;
  /** Sets of some test rows. */
  regions: RowRegions[];
  settings: Readonly<Record<string, unknown>>;
  seed: number;
}

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;color:#171b22;background:#fff;max-width:1080px;margin:32px auto;padding:0 24px}
h1{font-size:22px}h2{font-size:16px;margin-top:32px}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid #dfe3ea}th:first-child,td:first-child{text-align:left}
th{font-weight:600;color:#545d6c}svg{width:100%;height:auto}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(400px,1fr));gap:24px}figure{margin:0}
figcaption{font-weight:600}.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;padding:0;margin:4px 0;font-size:12px;color:#545d6c}
.legend span{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:5px}.off{color:#a86d00}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 16px}dt{color:#545d6c}dd{margin:0}`;

/** One page without scripts or outside files. */
export function reportPage(content: ReportContent): string {
  const { overview, compare } = content;
  const { targets, rows, alpha } = overview;
  const percent = shortNumber(100 * (1 - alpha));
  const title = `Conformal sets for ${targets.join(', ')}`;
  const figures = [
    coverageFigure(content),
    ...content.regions.map((answer) => regionFigure(content, answer)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeText(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeText(title)}</h1>
<p>Sets that are to hold the true targets in ${percent} of 100 new rows like these. Trained on ${count(rows.train)} rows, scores fitted on ${count(rows.fit)}, calibrated on ${count(rows.calibration)}, tested on ${count(rows.test)}; ${compare.repeats} ${compare.repeats === 1 ? 'split' : 'splits'}.</p>
<h2>Scores</h2>${tableHtml(compare, overview)}
<p>Coverage and volumes are means over the splits ± their standard error. The band holds the coverage of one split with probability 99.9 % where the guarantee is exact. Volume is in standardised units, per target: e to the number is the side of a cube of the same volume.</p>
<h2>Figures</h2><div class="figures">${figures.map(figureHtml).join('')}</div>
<h2>Settings</h2><dl>${settingsHtml(content)}</dl>
</body></html>
`;
}

type Row = Comparison['rows'][number];

/** What sizes are compared with: the ellipsoid, or that of the head where standardised OTCP is there. */
function referenceOf({ rows }: Comparison): Row {
  const of = (id: string) => rows.find(({ score }) => score === id);
  return (of('otcpStandardised') && of('gaussianEllipsoid')) ?? of('mahalanobis') ?? rows[0]!;
}

function tableHtml(compare: Comparison, overview: Overview): string {
  const { rows, d, band } = compare;
  const reference = referenceOf(compare);
  const words = { exact: 'exact', asymptotic: 'in the limit', none: 'none' } as const;
  const columns: readonly (readonly [heading: string, cell: (row: Row) => string])[] = [
    ['score', ({ score }) => escapeText(titleOf(overview, score))],
    ['guarantee', ({ guarantee }) => words[guarantee]],
    ['coverage', ({ coverage }) => meanAndError(coverage)],
    [`band ${shortNumber(band[0])}–${shortNumber(band[1])}`, ({ coverage }) => placeInBand(coverage, band)],
    ['log volume per target', ({ logVolume }) => meanAndError(logVolume.map((value) => value / d))],
    [
      `against ${escapeText(titleOf(overview, reference.score))}, paired`,
      (row) => pairedText(row, reference, d),
    ],
    ['excess risk (%)', ({ ert }) => meanAndError(ert.map((value) => 100 * value))],
    ['worst slab', ({ worstSlab }) => meanAndError(worstSlab)],
    ['fit (s)', ({ fitSeconds }) => meanAndError(fitSeconds)],
  ];
  const heading = columns.map(([title]) => `<th>${title}</th>`).join('');
  const body = rows.map((row) => `<tr>${columns.map(([, cell]) => `<td>${cell(row)}</td>`).join('')}</tr>`);
  return `<table><thead><tr>${heading}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function placeInBand(values: Float64Array, [low, high]: readonly [number, number]): string {
  const { mean } = summarise(values);
  if (mean >= low && mean <= high) return 'inside';
  return `<span class="off">${mean > high ? 'above' : 'below'}</span>`;
}

function coverageFigure({ coverage, overview }: ReportContent): Scene {
  return plot({
    title: 'Coverage against the level asked for',
    x: { label: 'level asked for, 1 − α', domain: [0.5, 1] },
    y: { label: 'coverage on the test rows', domain: [0.4, 1] },
    marks: [
      {
        kind: 'band',
        label: `exact 95 % band of one split (${count(coverage.calibration)} calibration, ${count(coverage.test)} test rows)`,
        x: coverage.levels,
        low: coverage.low,
        high: coverage.high,
        color: 'series-0',
        opacity: 0.25,
      },
      ...coverage.curves.map((curve, k): MarkOptions => ({
        kind: 'line',
        label: titleOf(overview, curve.score),
        x: coverage.levels,
        y: curve.coverage,
        category: k,
      })),
    ],
  });
}

function regionFigure({ overview, coverage }: ReportContent, answer: RowRegions): Scene {
  const order = coverage.curves.map(({ score }) => score);
  const place = ([x = 0, y = 0]: ArrayLike<number> & Iterable<number>): [number, number] => [x, y];
  return plot({
    title: `Sets of row ${count(answer.datasetRow + 1)}`,
    x: overview.targets[0]!,
    y: overview.targets[1] ?? '',
    marks: [
      ...answer.regions
        .filter(({ rings }) => rings.length > 0)
        .map((region): MarkOptions => ({
          kind: 'polygons',
          label: `${titleOf(overview, region.score)}, ${region.inside ? 'holds' : 'misses'} the truth`,
          rings: region.rings,
          fill: 0.08,
          category: Math.max(0, order.indexOf(region.score)),
        })),
      { kind: 'points', label: 'prediction', points: [place(answer.mean)], color: 'ink-third' },
      { kind: 'points', label: 'truth', points: [place(answer.truth)], radius: 4, color: 'ink' },
    ],
  });
}

/** A figure with its title above and its legend below; its size is the page's business. */
function figureHtml(scene: Scene, place: number): string {
  const svg = sceneSvg(scene, frameOf(scene, 520, 380), lightTheme, {
    heading: false,
    scope: `figure-${place}-`,
  });
  const items = sceneLegend(scene, lightTheme).map(
    ({ label, color }) => `<li><span style="background:${color}"></span>${escapeText(label)}</li>`,
  );
  return `<figure><figcaption>${escapeText(scene.title)}</figcaption>${svg}<ul class="legend">${items.join('')}</ul></figure>`;
}

function settingsHtml({ settings, seed }: ReportContent): string {
  const text = (value: unknown) => escapeText(Array.isArray(value) ? value.join(', ') : String(value));
  return Object.entries({ ...settings, seed })
    .map(([key, value]) => `<dt>${escapeText(key)}</dt><dd>${text(value)}</dd>`)
    .join('');
}

function titleOf({ scores }: Overview, id: string): string {
  return scores.find((score) => score.id === id)?.title ?? id;
}

/** How much larger sets are than the reference's on the same splits, and on how many splits they are smaller. */
function pairedText(row: Row, reference: Row, d: number): string {
  if (row === reference) return 'reference';
  const { difference, error, smaller, count } = comparePaired(row.logVolume, reference.logVolume);
  if (count === 0) return '–';
  const spread = error === null ? '' : ` ± ${shortNumber(error / d)}`;
  return `${shortNumber(difference / d)}${spread}, smaller in ${smaller} of ${count}`;
}

/** Mean ± standard error, three digits; a dash where nothing finite was measured. */
function meanAndError(values: Float64Array): string {
  const { mean, error, count } = summarise(values);
  if (count === 0) return '–';
  return error === null ? shortNumber(mean) : `${shortNumber(mean)} ± ${shortNumber(error)}`;
}

function shortNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))).replace('-', '−') : '–';
}

/** With thousands separators. */
function count(value: number): string {
  return value.toLocaleString('en-US');
}
