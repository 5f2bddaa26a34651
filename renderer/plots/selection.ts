/** @file What a figure needs of the app's shared selection. */
import type { Selection } from '../state/selection.svelte';

export type SelectionLike = Pick<Selection, 'hovered' | 'chosen' | 'hover' | 'choose'>;
