/** @file The notice of a run that could not start, and how long it stands. */
import type { Json } from '../../main/rpc/contract';
import { asEngineError } from '../engine/error';
import type { Notices } from './notices.svelte';

type Settings = Readonly<Record<string, Json>>;

export class Refusal {
  readonly #notices: Notices;
  /** With `settings` it is about one of these. */
  #told: { notice: number; settings?: string } | null = null;

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  tell(thrown: unknown, settings: Settings): void {
    this.drop();
    const notice = this.#notices.fail('The run could not start', thrown);
    const aboutSetting = asEngineError(thrown).detail.where?.key !== undefined;
    this.#told = { notice, settings: aboutSetting ? JSON.stringify(settings) : undefined };
  }

  /** A run did start. */
  drop(): void {
    if (this.#told) this.#notices.dismiss(this.#told.notice);
    this.#told = null;
  }

  /** The check found nothing wrong with these. It sees less than a start does and may pass the refused ones, too. */
  accept(settings: Settings): void {
    const refused = this.#told?.settings;
    if (refused !== undefined && refused !== JSON.stringify(settings)) this.drop();
  }
}
