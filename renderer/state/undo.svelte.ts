/** @file What Ctrl/Cmd+Z takes back: edits of the view and of the draft configuration, newest first. */

export interface Edit {
  /** As a menu says it after "Undo": `steps`, `theme`. */
  title: string;
  undo(): void;
  redo(): void;
  /** Edits with the same key in a row become one: typing into one field is one edit. */
  merge?: string;
}

const depth = 200;

export class UndoHistory {
  #done = $state.raw<readonly Edit[]>([]);
  #undone = $state.raw<readonly Edit[]>([]);

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Records an edit that was just made. */
  push(edit: Edit): void {
    const last = this.#done.at(-1);
    const merged =
      last?.merge !== undefined && last.merge === edit.merge ? { ...edit, undo: () => last.undo() } : edit;
    const kept = merged === edit ? this.#done : this.#done.slice(0, -1);
    this.#done = [...kept, merged].slice(-depth);
    this.#undone = [];
  }

  undo(): void {
    const edit = this.#done.at(-1);
    if (!edit) return;
    this.#move(this.#done.slice(0, -1), [...this.#undone, edit]);
    edit.undo();
  }

  redo(): void {
    const edit = this.#undone.at(-1);
    if (!edit) return;
    this.#move([...this.#done, edit], this.#undone.slice(0, -1));
    edit.redo();
  }

  #move(done: readonly Edit[], undone: readonly Edit[]): void {
    this.#done = done;
    this.#undone = undone;
  }
}
