/** @file The outcomes of a method's claims on disk: `<runs folder>/claims/<method>.json`, replaced as a whole. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { isMissing, makeFolder, writeAtomically } from '../disk/files';
import type { ClaimRecord } from '../contract/claims';

/** The last quick and the last full outcome of each claim, by its id. */
type Stored = Record<string, { quick?: ClaimRecord; full?: ClaimRecord }>;

const FORMAT = 1;

export class OutcomeStore {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly runsFolder: string) {}

  /** Outcomes of one claim, newest first. Throws `claims-unreadable`. */
  async of(method: string, id: string): Promise<ClaimRecord[]> {
    const { quick, full } = (await this.read(method))[id] ?? {};
    return [quick, full]
      .filter((record) => record !== undefined)
      .sort((a, b) => b.finished.localeCompare(a.finished));
  }

  /** Replaces the outcome of the same claim and scale. Throws `claims-unreadable`, `folder-unwritable`. */
  save(method: string, record: ClaimRecord): Promise<void> {
    const saved = this.turn.then(async () => {
      const stored = await this.read(method);
      const claims = {
        ...stored,
        [record.id]: { ...stored[record.id], [record.quick ? 'quick' : 'full']: record },
      };
      await makeFolder(join(this.runsFolder, 'claims'));
      await writeAtomically(this.file(method), `${JSON.stringify({ format: FORMAT, claims }, null, 1)}\n`);
    });
    this.turn = saved.catch(() => undefined);
    return saved;
  }

  private file(method: string): string {
    return join(this.runsFolder, 'claims', `${method}.json`);
  }

  private async read(method: string): Promise<Stored> {
    const file = this.file(method);
    try {
      const value = JSON.parse(await readFile(file, 'utf8')) as { format?: unknown; claims?: unknown };
      if (value.format !== FORMAT || typeof value.claims !== 'object' || value.claims === null)
        throw new Error(`format ${String(value.format)}`);
      return value.claims as Stored;
    } catch (cause) {
      if (isMissing(cause)) return {};
      throw new MongeError(
        {
          code: 'claims-unreadable',
          what: 'the outcomes of earlier experiments cannot be read',
          where: { file },
          got: cause instanceof Error ? cause.message : String(cause),
          help: 'Move the file away; the runs are kept, so the experiments need not be trained again.',
        },
        { cause },
      );
    }
  }
}
