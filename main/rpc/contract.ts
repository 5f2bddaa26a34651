/** @file The one contract between the engine and its views: types only, the same over MessagePort and WebSocket. */
export type * from '../contract/engine';
export type * from '../methods/conformal/view';
export type * from '../methods/flows/view';
export type { ImageShape } from '../contract/engine';
