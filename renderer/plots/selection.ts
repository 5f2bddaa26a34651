/** @file What a figure needs of the app's shared selection. */
import type { Selection } from '../state/selection.svelte';

/** What dragging over a figure does. */
export type SelectionTool = 'pan' | 'box' | 'lasso';

export type SelectionLike = Pick<Selection, 'hovered' | 'chosen' | 'hover' | 'choose'>;
