/**
 * @file What can be asked about foreign files: one entry per kind, with its limits and the code that answers it in the
 * disposable process. To add a kind, add its entry.
 */
import type { Foreign, ForeignHandler, ForeignKind } from '../foreign/messages';
import { openForeign } from '../foreign/process';
import { openInPlace } from '../foreign/in-place';

/** A model of hundreds of thousands of nodes takes seconds; reading tells of itself while it hashes weights. */
const STRUCTURE = { silence: 60 };
/** One run of a large model on a slow machine may take minutes, and native code says nothing meanwhile. */
const RUNNING = { silence: 600 };

export const foreignKinds = {
  /** Questions about a model's structure. */
  model: kind(STRUCTURE, async () => (await import('../models/open-models')).modelQuestions()),
  /** A whole model, with its external weights read in. */
  contents: kind(STRUCTURE, async () => (await import('../models/contents')).readContents),
  /** Times of a model's nodes on made-up inputs. */
  profile: kind(RUNNING, async () => (await import('../models/profile-job')).profileModel),
  /** One run of a model on the arrays of a file. */
  run: kind(RUNNING, async () => (await import('../models/run-file')).runFile),
  /** Language models: their insides, their words, captures. */
  language: kind(RUNNING, async () => (await import('../inference/service/service')).languageService()),
  /** Sessions of models that methods are given. */
  session: kind(RUNNING, async () => (await import('../models/foreign-session')).sessions()),
};

export type ForeignFiles = Foreign<typeof foreignKinds>;

/** The process for foreign files beside a built entry such as `worker.js`; null: all is done in this thread (tests). */
export function openForeignFiles(beside: URL | null): ForeignFiles {
  return beside ? openForeign(new URL('./foreign.js', beside), foreignKinds) : openInPlace(foreignKinds);
}

function kind<Request, Answer, Update>(
  limits: ForeignKind['limits'],
  load: () => Promise<ForeignHandler<Request, Answer, Update>>,
): ForeignKind<Request, Answer, Update> {
  return { limits, load };
}
