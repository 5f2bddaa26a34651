/** @file A small static figure as SVG: axes with round ticks, lines, bands, outlines and points, for pages without a program. */

export interface FigureAxis {
  label: string;
  domain: [number, number];
}

export type FigureMark =
  | {
      kind: 'line';
      label: string;
      color: string;
      points: readonly (readonly [number, number])[];
      dashed?: boolean;
    }
  | {
      kind: 'band';
      label: string;
      color: string;
      low: readonly (readonly [number, number])[];
      high: readonly (readonly [number, number])[];
    }
  | { kind: 'outline'; label: string; color: string; rings: readonly Float32Array[]; dotted?: boolean }
  | {
      kind: 'points';
      label: string;
      color: string;
      points: readonly (readonly [number, number])[];
      radius: number;
    };

export interface FigureOptions {
  title: string;
  x: FigureAxis;
  y: FigureAxis;
  marks: readonly FigureMark[];
}

const [WIDTH, HEIGHT] = [520, 380];
const MARGIN = { left: 64, right: 16, top: 16, bottom: 44 };

/** Series colours that colour-blind readers tell apart, in the order in which they are used. */
export const REPORT_COLORS = [
  '#1769d2',
  '#d9660b',
  '#1a8a56',
  '#b83274',
  '#7a5cc7',
  '#0f8a96',
  '#8a6d1c',
  '#545d6c',
];

/** The figure with its legend as an `<svg>` element. */
export function figureSvg({ title, x, y, marks }: FigureOptions): string {
  const px = scale(x.domain, [MARGIN.left, WIDTH - MARGIN.right]);
  const py = scale(y.domain, [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const place = ([a, b]: readonly [number, number]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`;
  const parts = [...axisX(x, px), ...axisY(y, py), '<g clip-path="url(#frame)">'];
  for (const mark of marks) parts.push(markSvg(mark, place));
  parts.push('</g>');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(title)}" xmlns="http://www.w3.org/2000/svg"><clipPath id="frame"><rect x="${MARGIN.left}" y="${MARGIN.top}" width="${WIDTH - MARGIN.left - MARGIN.right}" height="${HEIGHT - MARGIN.top - MARGIN.bottom}"/></clipPath>${parts.join('')}</svg>`;
}

/** The legend of a figure as HTML. */
export function legendHtml(marks: readonly FigureMark[]): string {
  const items = marks.map(
    ({ label, color }) => `<li><span style="background:${color}"></span>${escapeText(label)}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

/** Text inside HTML or an attribute. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function markSvg(mark: FigureMark, place: (point: readonly [number, number]) => string): string {
  switch (mark.kind) {
    case 'line':
      return `<polyline points="${mark.points.map(place).join(' ')}" fill="none" stroke="${mark.color}" stroke-width="1.5"${mark.dashed ? ' stroke-dasharray="5 4"' : ''}/>`;
    case 'band':
      return `<polygon points="${[...mark.low.map(place), ...[...mark.high].reverse().map(place)].join(' ')}" fill="${mark.color}" opacity="0.18"/>`;
    case 'outline': {
      const path = mark.rings.map((ring) => {
        const corners = Array.from({ length: ring.length / 2 }, (_, k) =>
          place([ring[2 * k]!, ring[2 * k + 1]!]),
        );
        return `M${corners.join('L')}Z`;
      });
      return `<path d="${path.join('')}" fill="${mark.color}" fill-opacity="0.08" fill-rule="evenodd" stroke="${mark.color}" stroke-width="1.5"${mark.dotted ? ' stroke-dasharray="2 3"' : ''}/>`;
    }
    case 'points':
      return mark.points
        .map((point) => {
          const [cx, cy] = place(point).split(',');
          return `<circle cx="${cx}" cy="${cy}" r="${mark.radius}" fill="${mark.color}"/>`;
        })
        .join('');
  }
}

function axisX({ label, domain }: FigureAxis, at: (value: number) => number): string[] {
  const bottom = HEIGHT - MARGIN.bottom;
  return [
    `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${bottom}" y2="${bottom}" stroke="#8a93a3"/>`,
    ...ticksOf(domain).map(
      (tick) =>
        `<text x="${at(tick).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${tickText(tick)}</text>`,
    ),
    `<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeText(label)}</text>`,
  ];
}

function axisY({ label, domain }: FigureAxis, at: (value: number) => number): string[] {
  const middle = (MARGIN.top + HEIGHT - MARGIN.bottom) / 2;
  return [
    `<line x1="${MARGIN.left}" x2="${MARGIN.left}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#8a93a3"/>`,
    ...ticksOf(domain).map(
      (tick) =>
        `<text x="${MARGIN.left - 6}" y="${(at(tick) + 4).toFixed(1)}" text-anchor="end">${tickText(tick)}</text>`,
    ),
    `<text transform="rotate(-90 14 ${middle})" x="14" y="${middle}" text-anchor="middle">${escapeText(label)}</text>`,
  ];
}

/** With thousands separators and a minus sign. */
function tickText(tick: number): string {
  return tick.toLocaleString('en-US', { maximumSignificantDigits: 6 }).replace('-', '−');
}

/** About five round values within a domain. */
export function ticksOf([low, high]: readonly [number, number]): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++)
    ticks.push(Number((k * step).toPrecision(12)));
  return ticks;
}

function scale([low, high]: readonly [number, number], [from, to]: readonly [number, number]) {
  const span = high - low || 1;
  return (value: number) => from + ((value - low) / span) * (to - from);
}
