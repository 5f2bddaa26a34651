/** @file Chosen rows, made a file by the engine, opened as a data set like any dropped file. */
import { count } from '../../../figures/format';
import type { AppState } from '../../state/app.svelte';

/** Sends the file to the workspace, where it lies under its hash, and offers to show it. Failures are notices of the opener. */
export async function openSubset(
  app: Pick<AppState, 'opener' | 'workspace' | 'notices'>,
  file: { name: string; bytes: Uint8Array },
): Promise<void> {
  const [opened] = await app.opener.openFiles([new File([new Uint8Array(file.bytes)], file.name)]);
  if (!opened) return;
  const rows = 'rows' in opened ? `, ${count(opened.rows)} rows` : '';
  app.notices.info(`Subset ${file.name}${rows}: a data set like any other`, {
    title: 'Show',
    run: () => app.workspace.show(opened),
  });
}
