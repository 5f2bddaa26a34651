/** @file Tables in memory, for tests: opened by the reader that opens files. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '../../../data';
import type { Dataset, Role } from '../../../data/types';
import { config, type ConformalConfig } from '../config';

/** A data set from the text of a CSV file. */
export function csvDataset(text: string, roles?: Record<string, Role>): Promise<Dataset> {
  const path = join(mkdtempSync(join(tmpdir(), 'conformal-')), 'table.csv');
  writeFileSync(path, text);
  return openDataset(path, roles ? { roles } : {});
}

/** The settings of a run with some changed. */
export function settings(given: Partial<ConformalConfig> = {}): ConformalConfig {
  return config.parse(given);
}
