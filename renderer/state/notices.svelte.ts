/** @file Short messages at the window's edge: what happened, what it means, and one thing to do about it. */
/* eslint-disable svelte/prefer-svelte-reactivity -- plain sets and maps here are replaced as a whole, or never shown */
import type { ErrorDetail } from '../../main/rpc/contract';
import { asEngineError } from '../engine/error';

export interface Notice {
  id: number;
  level: 'info' | 'warn' | 'error';
  text: string;
  /** What failed, for the fold-out. */
  detail?: ErrorDetail;
  action?: { title: string; run: () => void };
}

const shownSeconds = { info: 6, warn: 12, error: null } as const;

export class Notices {
  items = $state.raw<readonly Notice[]>([]);
  #next = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Shows a message; informing ones go by themselves, errors stay until dismissed. */
  add(notice: Omit<Notice, 'id'>): number {
    const id = this.#next++;
    const same = this.items.find((item) => item.text === notice.text && item.level === notice.level);
    if (same) this.dismiss(same.id);
    this.items = [...this.items, { ...notice, id }].slice(-3);
    const seconds = shownSeconds[notice.level];
    if (seconds !== null) {
      this.#timers.set(
        id,
        setTimeout(() => this.dismiss(id), seconds * 1000),
      );
    }
    return id;
  }

  info(text: string, action?: Notice['action']): void {
    this.add({ level: 'info', text, action });
  }

  /** Shows a failure that has no better place: `Could not open ring.csv` with the cause below. */
  fail(text: string, thrown: unknown): number {
    return this.add({ level: 'error', text, detail: asEngineError(thrown).detail });
  }

  dismiss(id: number): void {
    const timer = this.#timers.get(id);
    if (timer) clearTimeout(timer);
    this.#timers.delete(id);
    this.items = this.items.filter((item) => item.id !== id);
  }
}
