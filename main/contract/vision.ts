/** @file What an opened model of images can be asked: how it reads a picture, and its patches as colours, likenesses and attention. */

/** A picture is handed over once and asked about by its id; a process that was replaced answers `picture-unknown`. */
export interface PictureRequest {
  kind: 'picture';
  name: string;
  /** A PNG or JPEG file. */
  bytes: Uint8Array;
}

/** A picture as the model reads it. */
export interface ReadPicture {
  /** SHA-256 of the file. */
  id: string;
  name: string;
  /** Pixels of the file. */
  width: number;
  height: number;
  /** RGB [height, width, 3] for showing, at most 1,024 pixels a side. */
  shown: { width: number; height: number; pixels: Uint8Array };
  grid: PatchGrid;
  /** Where the patches lie, as shares of the picture's width and height. */
  area: PatchArea;
  /** How pixels became inputs, a step a sentence. */
  says: string[];
}

export interface PatchGrid {
  rows: number;
  columns: number;
}

export interface PatchArea {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Every state at a patch as a colour: the first three principal components of the patches of some pictures. */
export interface PatchColoursRequest {
  kind: 'patch-colours';
  picture: string;
  /** Any hook but patterns: `resid_post:11`. */
  hook: string;
  /** Pictures whose patches the components are fitted on; not looked at where there is a recipe. */
  fit: string[];
  /** A recipe that was kept, as JSON text: nothing is fitted. */
  recipe?: string;
}

export interface PatchColours {
  hook: string;
  grid: PatchGrid;
  /** [rows, columns, 3] */
  rgb: Uint8Array;
  /** [rows, columns, 3] along the components, before scaling. */
  coordinates: Float32Array;
  /** Share of the variance of the fitted patches along each component. */
  explained: [number, number, number];
  /** Patches with a coordinate outside the scale, which is that of the fitted ones. */
  outside: number;
  /** Pictures and patches of the fit. */
  fittedOn: { names: string[]; patches: number };
  /** JSON text of a `PatchRecipe`. */
  recipe: string;
  /** Whether these pixels are those that were drawn where the recipe was made; null for pictures outside the fit. */
  same: boolean | null;
  /** Tokens of the model that are no patches. */
  leftOut: string;
  milliseconds: number;
}

/** All that another machine needs to draw the same pixels. */
export interface PatchRecipe {
  format: 'monge-patch-colours';
  version: 1;
  model: { name: string; sha256: string };
  hook: string;
  /** How pixels became inputs, a step a sentence. */
  preprocessing: string[];
  leftOut: string;
  /** Pictures that the components were fitted on, with the hash of the pixels drawn of each. */
  fit: { name: string; sha256: string; pixels: string }[];
  patches: number;
  /** [width] */
  mean: number[];
  /** Three unit vectors [width], the most variance first. */
  axes: [number[], number[], number[]];
  variances: [number, number, number];
  totalVariance: number;
  /** Of every axis the entry of largest size is positive. */
  sign: 'largest-entry-positive';
  /** A coordinate at `low` is 0 and at `high` 255, the 1st and 99th percentile (nearest rank) over the fitted patches. */
  scale: { low: [number, number, number]; high: [number, number, number] };
}

export interface PatchLikenessRequest {
  kind: 'patch-likeness';
  picture: string;
  hook: string;
  /** A patch, of this picture or another one, by its number row by row. */
  to: { picture: string; patch: number };
}

/** Cosine of the state at every patch to that at one. */
export interface PatchLikeness {
  hook: string;
  grid: PatchGrid;
  /** [rows, columns], −1 to 1; NaN where a state has no length. */
  values: Float32Array;
  milliseconds: number;
}

export interface PatchAttentionRequest {
  kind: 'patch-attention';
  picture: string;
  layer: number;
  /** The token that reads: a patch by its number, or the class token. */
  from: number | 'class';
}

/** What one token reads of the patches in one block. */
export interface PatchAttention {
  layer: number;
  heads: number;
  grid: PatchGrid;
  /** [heads, rows, columns] shares; with those of the class token they sum to 1. */
  values: Float32Array;
  /** [heads] share of the class token. */
  classShare: Float32Array;
  /** [heads] of the whole row, nats. */
  entropy: Float32Array;
  milliseconds: number;
}

export type VisionQuestion =
  PictureRequest | PatchColoursRequest | PatchLikenessRequest | PatchAttentionRequest;

export interface VisionAnswers {
  picture: ReadPicture;
  'patch-colours': PatchColours;
  'patch-likeness': PatchLikeness;
  'patch-attention': PatchAttention;
}
