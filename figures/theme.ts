/** @file The colours that a figure is drawn in, by meaning; the light ones for exports, reports and tests. */
import type { ColorToken } from './scene';

export type Theme = Record<ColorToken | 'background' | 'pane' | 'raised', string>;

/** The light tokens of the style sheet: the ones used for export in tests and before a style sheet is there. */
export const lightTheme: Theme = {
  background: '#f6f7f9',
  pane: '#ffffff',
  raised: '#f1f3f6',
  line: '#dfe3ea',
  ink: '#171b22',
  'ink-second': '#545d6c',
  'ink-third': '#667080',
  accent: '#1769d2',
  'series-0': '#9aa3b1',
  'series-1': '#1769d2',
  'series-2': '#d9660b',
  'series-3': '#1a8a56',
  'series-4': '#b83274',
  good: '#177a4c',
  warn: '#8f5c00',
  bad: '#c43c3c',
};
