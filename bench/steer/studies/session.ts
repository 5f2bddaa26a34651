/** @file A language model opened in this process, for studies: what a method is handed, without a process of its own. */
import { languageSession } from '../../../main/inference/service/session';
import { languageService } from '../../../main/inference/service/service';
import type { LanguageSession } from '../../../main/contract/opened';
import { openCheckpoint } from '../../../main/models/checkpoint';

export async function studySession(
  path: string,
  place: { threads: number; cacheFolder: string },
): Promise<LanguageSession> {
  const answer = languageService();
  const sha256 = await (await openCheckpoint(path)).sha256();
  return languageSession({ path, ...place }, sha256, (call, update, { signal }) =>
    answer(call, { update, signal: signal ?? new AbortController().signal }),
  );
}
