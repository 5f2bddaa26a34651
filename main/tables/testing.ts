/** @file Tables in memory, for tests: opened by the reader that opens files. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '../data';
import type { Dataset, Role } from '../contract/data';
import type { ChoiceConfig } from './choose';
import type { SplitConfig } from './split';

/** A data set from the text of a CSV file. */
export function csvDataset(text: string, roles?: Record<string, Role>): Promise<Dataset> {
  const path = join(mkdtempSync(join(tmpdir(), 'conformal-')), 'table.csv');
  writeFileSync(path, text);
  return openDataset(path, roles ? { roles } : {});
}

/** What is chosen of a table and how it is split, with some changed. */
export function tableSettings(given: Partial<ChoiceConfig & SplitConfig> = {}): ChoiceConfig & SplitConfig {
  return {
    ...{ targets: ['last:2'], features: [], predictions: [], base: 'mlp' },
    ...{ splits: '50/15/15/20', order: 'random', trainRows: 20_000, calibrationRows: 2048, testRows: 2000 },
    ...given,
  };
}
