/** @file Scenes as SVG text, for export and for tests; needs no browser. */
import { drawScene, type DrawOptions } from './draw';
import type { Scene } from './scene';
import { dashes, fontFamily, type Surface } from './surface';
import type { Theme } from './theme';
import type { Frame } from './viewport';

/** A stand-alone SVG document of the scene, with title and axes; `scope` keeps its names apart from others' in one page. */
export function sceneSvg(
  scene: Scene,
  frame: Frame,
  theme: Theme,
  { scope, ...options }: DrawOptions & { scope?: string } = {},
): string {
  const draw = (surface: Surface): void =>
    drawScene(surface, scene, frame, theme, { background: true, heading: true, ...options });
  return surfaceSvg(scene.title, frame.width, frame.height, draw, scope);
}

/** A stand-alone SVG document of whatever is drawn on a surface of this size. */
export function surfaceSvg(
  title: string,
  width: number,
  height: number,
  draw: (surface: Surface) => void,
  scope = '',
): string {
  const parts: string[] = [];
  draw(svgSurface(parts, scope));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escapeText(fontFamily)}">`,
    `<title>${escapeText(title)}</title>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function svgSurface(parts: string[], scope: string): Surface {
  let clips = 0;
  return {
    clip(x, y, width, height) {
      const id = `${scope}clip${clips++}`;
      parts.push(
        `<clipPath id="${id}"><rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}"/></clipPath>`,
        `<g clip-path="url(#${id})">`,
      );
    },
    unclip() {
      parts.push('</g>');
    },
    rectangle(x, y, width, height, color, opacity) {
      parts.push(
        `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${color}"${alpha(opacity)}/>`,
      );
    },
    discs(centres, radius, color, opacity, colorOf) {
      parts.push(`<g fill="${color}"${alpha(opacity)}>`);
      for (let i = 0; 2 * i + 1 < centres.length; i++) {
        const own = colorOf ? ` fill="${colorOf(i)}"` : '';
        parts.push(
          `<circle cx="${n(centres[2 * i]!)}" cy="${n(centres[2 * i + 1]!)}" r="${n(radius)}"${own}/>`,
        );
      }
      parts.push('</g>');
    },
    segments(pieces, color, opacity, width) {
      parts.push(`<g stroke="${color}" stroke-width="${n(width)}"${alpha(opacity)}>`);
      for (let i = 0; i + 3 < pieces.length; i += 4) {
        const [x1, y1, x2, y2] = [pieces[i]!, pieces[i + 1]!, pieces[i + 2]!, pieces[i + 3]!];
        parts.push(`<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}"/>`);
      }
      parts.push('</g>');
    },
    polyline(corners, color, opacity, width, stroke) {
      let path = '';
      let pen = false;
      for (let i = 0; i + 1 < corners.length; i += 2) {
        const [x, y] = [corners[i]!, corners[i + 1]!];
        const finite = Number.isFinite(x) && Number.isFinite(y);
        if (finite) path += `${pen ? 'L' : 'M'}${n(x)} ${n(y)}`;
        pen = finite;
      }
      const pattern = dashes[stroke];
      const dash = pattern.length > 0 ? ` stroke-dasharray="${pattern.join(' ')}"` : '';
      parts.push(
        `<path d="${path}" fill="none" stroke="${color}" stroke-width="${n(width)}" stroke-linejoin="round"${dash}${alpha(opacity)}/>`,
      );
    },
    area(corners, color, opacity) {
      const pairs: string[] = [];
      for (let i = 0; i + 1 < corners.length; i += 2) pairs.push(`${n(corners[i]!)},${n(corners[i + 1]!)}`);
      parts.push(`<polygon points="${pairs.join(' ')}" fill="${color}"${alpha(opacity)}/>`);
    },
    rings(rings, color, opacity) {
      const paths = rings
        .filter((corners) => corners.length >= 6)
        .map((corners) => {
          let path = '';
          for (let i = 0; i + 1 < corners.length; i += 2)
            path += `${i === 0 ? 'M' : 'L'}${n(corners[i]!)} ${n(corners[i + 1]!)}`;
          return `${path}Z`;
        });
      parts.push(`<path d="${paths.join('')}" fill="${color}" fill-rule="evenodd"${alpha(opacity)}/>`);
    },
    picture(x, y, width, height, picture) {
      parts.push(
        `<image x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" preserveAspectRatio="none" href="${escapeText(picture.address())}"/>`,
      );
    },
    text(x, y, text, style) {
      const turn = style.turned ? ` transform="rotate(-90 ${n(x)} ${n(y)})"` : '';
      parts.push(
        `<text x="${n(x)}" y="${n(y)}" font-size="${style.size}" font-weight="${style.weight}" text-anchor="${style.anchor}" fill="${style.color}"${turn}>${escapeText(text)}</text>`,
      );
    },
  };
}

function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function alpha(opacity: number): string {
  return opacity >= 1 ? '' : ` opacity="${n(opacity)}"`;
}

/** Text inside SVG, HTML or an attribute of them. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
