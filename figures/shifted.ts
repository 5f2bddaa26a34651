/** @file A surface whose corner lies elsewhere, so that several plots share one drawing. */
import type { Surface } from './surface';

/** What is drawn at (x, y) lands at (x + across, y + down) of the surface. */
export function shifted(surface: Surface, across: number, down: number): Surface {
  const moved = (pairs: Float32Array): Float32Array =>
    pairs.map((value, at) => value + (at % 2 === 0 ? across : down));
  return {
    clip: (x, y, width, height) => surface.clip(x + across, y + down, width, height),
    unclip: () => surface.unclip(),
    rectangle: (x, y, ...rest) => surface.rectangle(x + across, y + down, ...rest),
    discs: (centres, ...rest) => surface.discs(moved(centres), ...rest),
    segments: (pieces, ...rest) => surface.segments(moved(pieces), ...rest),
    polyline: (corners, ...rest) => surface.polyline(moved(corners), ...rest),
    area: (corners, ...rest) => surface.area(moved(corners), ...rest),
    rings: (rings, ...rest) => surface.rings(rings.map(moved), ...rest),
    text: (x, y, ...rest) => surface.text(x + across, y + down, ...rest),
    picture: (x, y, ...rest) => surface.picture(x + across, y + down, ...rest),
  };
}
