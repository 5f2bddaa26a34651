/** @file Which box the arrow keys lead to: along an edge where one goes that way, else the nearest in that direction. */
import type { ModelView } from '../../main/rpc/contract';

export type Direction = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';

interface Place {
  id: string;
  x: number;
  y: number;
}

/** The next box from `id`; the first one when nothing is chosen yet; null when there is none that way. */
export function walk(view: ModelView, id: string | null, direction: Direction): string | null {
  const places: Place[] = [
    ...view.items,
    // A frame is met at its title.
    ...view.frames.map((frame) => ({ ...frame, y: frame.y - frame.height / 2 + 12 })),
  ];
  const here = places.find((place) => place.id === id);
  if (!here) return topmost(places);
  const along = neighbours(view, here.id, direction).flatMap(
    (other) => places.find((place) => place.id === other) ?? [],
  );
  return nearest(here, along, direction) ?? nearest(here, places, direction);
}

function topmost(places: readonly Place[]): string | null {
  return [...places].sort((a, b) => a.y - b.y || a.x - b.x)[0]?.id ?? null;
}

function neighbours(view: ModelView, id: string, direction: Direction): string[] {
  const routed = view.edges.filter((edge) => !edge.aside);
  if (direction === 'ArrowDown') return routed.filter((edge) => edge.from === id).map((edge) => edge.to);
  if (direction === 'ArrowUp') return routed.filter((edge) => edge.to === id).map((edge) => edge.from);
  return [];
}

/** Going sideways from the line of sight costs more than going far. */
function nearest(from: Place, places: readonly Place[], direction: Direction): string | null {
  const vertical = direction === 'ArrowUp' || direction === 'ArrowDown';
  const sign = direction === 'ArrowDown' || direction === 'ArrowRight' ? 1 : -1;
  let best: { id: string; cost: number } | null = null;
  for (const { id, x, y } of places) {
    const ahead = sign * (vertical ? y - from.y : x - from.x);
    const aside = Math.abs(vertical ? x - from.x : y - from.y);
    if (id === from.id || ahead <= 1) continue;
    const cost = ahead + 2.5 * aside;
    if (!best || cost < best.cost) best = { id, cost };
  }
  return best?.id ?? null;
}
