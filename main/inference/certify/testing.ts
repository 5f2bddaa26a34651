/** @file Tiny models as subjects of certification, with faults planted where a reader or a packing could have them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decoderConfig,
  decoderGraph,
  decoderReference,
  encodeModel,
  type LazyWeight,
  type ModelProto,
  type NumericLevel,
  type WeightSource,
} from '../../../native-models';
import { openCompute } from '../../compute/session';
import type { HookCertificate } from '../../contract/language';
import { writeWeights } from '../../models/weight-file';
import { certify } from './certify';
import type { Subject } from './subject';

/** What may be wrong with a model. */
export interface Planted {
  level?: NumericLevel;
  /** What the graph is built from in place of the checkpoint. */
  faulty?: WeightSource;
  /** A change of the graph. */
  changed?: (model: ModelProto) => ModelProto;
  /** A change of the weights' bytes when they are written. */
  written?: (weight: LazyWeight) => LazyWeight;
  cached?: Subject['cached'];
}

/** Opens tiny models on data files in a folder that goes with them. */
export class TinySubjects {
  readonly ids = [5, 12, 7, 33, 20, 8, 41, 3];
  readonly #compute = openCompute({ threads: 1 });
  readonly #folder = mkdtempSync(join(tmpdir(), 'monge-certify-'));
  #count = 0;

  /** A model of which every hook can be held to the slow reference of `source`. */
  async of(
    { config: json, source }: { config: Readonly<Record<string, unknown>>; source: WeightSource },
    {
      level = 'fp32',
      faulty = source,
      changed = (model) => model,
      written = (weight) => weight,
      cached,
    }: Planted = {},
  ): Promise<Subject> {
    const config = decoderConfig(json);
    const folder = this.#folder;
    const location = `${(this.#count += 1)}.weights`;
    const build = (outputs: readonly string[]) =>
      decoderGraph(config, faulty, {
        outputs: outputs.filter((id) => id !== 'logits'),
        ...{ location, level },
      });
    const whole = build([]);
    await writeWeights(join(folder, location), whole.weights.map(written));
    return {
      ...{ hooks: whole.hooks, observed: 'logits', ids: this.ids, padding: 0, tolerance: 1e-4, cached },
      graph: (outputs) => changed(build(outputs).model),
      open: (model, graphLevel) =>
        this.#compute.open(encodeModel(model), { folder, graphLevel, label: location }),
      reference: () => decoderReference(config, source, this.ids),
    };
  }

  async close(): Promise<void> {
    await this.#compute.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** All certificates of a subject. */
export function certified(subject: Subject): Promise<HookCertificate[]> {
  return certify(subject, () => undefined, new AbortController().signal);
}

/** Those that do not pass, and why. */
export function failing(certificates: readonly HookCertificate[]): string[] {
  return certificates
    .filter(({ verdict }) => verdict !== 'passes')
    .map(({ hook, verdict, reason }) => `${hook} is ${verdict}: ${reason}`);
}

/** The verdict on one hook. */
export function verdictOn(certificates: readonly HookCertificate[], hook: string): string {
  return certificates.find((one) => one.hook === hook)!.verdict;
}
