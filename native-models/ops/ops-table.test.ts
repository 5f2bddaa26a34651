/** @file docs/ops.md says what the declarations say. */
import { format } from 'prettier';
import { expect, it } from 'vitest';
import '..';
import { opsTable } from '../testing/ops-table';

it('docs/ops.md is the table of the declared operations', async () => {
  const text = await format(opsTable(), { parser: 'markdown' });
  await expect(text).toMatchFileSnapshot('../../docs/ops.md');
});
