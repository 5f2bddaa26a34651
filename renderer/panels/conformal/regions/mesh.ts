/** @file The surface of a set of three targets as a picture in space, with the prediction and the truth. */
import type { AnswerOf } from '../../../../main/rpc/contract';
import type { MeshPicture } from '../../../../figures/mesh';
import type { Theme } from '../../../../figures/theme';
import { count as formatCount } from '../../../../figures/format';

type MeshAnswer = AnswerOf<'conformal', 'mesh'>;

/** Null where there is no surface: everything, or nothing, is in the set. */
export function meshPicture(
  answer: MeshAnswer,
  how: { title: string; targets: readonly string[]; color: string; theme: Theme },
): MeshPicture | null {
  if (answer.state !== 'set') return null;
  const { positions, triangles, mean, truth } = answer;
  return {
    title: how.title,
    subtitle: `${formatCount(triangles.length / 3)} triangles · cross: prediction, dot: truth · drag to turn`,
    positions,
    triangles,
    axes: how.targets,
    color: how.color,
    points: [
      { at: mean, label: 'prediction', shape: 'cross', color: how.theme.ink },
      { at: truth, label: 'truth', shape: 'spot', color: how.theme.warn },
    ],
  };
}
