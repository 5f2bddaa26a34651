/** @file Runs dragged from a list onto a figure: dropped, they are overlaid on it. */

const kind = 'application/x-monge-run';

/** Attributes that let a run be dragged from where it is listed. */
export function draggableRun(id: string): { draggable: boolean; ondragstart: (event: DragEvent) => void } {
  return {
    draggable: true,
    ondragstart(event) {
      if (!event.dataTransfer) return;
      event.dataTransfer.setData(kind, id);
      event.dataTransfer.effectAllowed = 'link';
    },
  };
}

/** Whether the thing dragged is a run; which one is known only when it is let go. */
export function carriesRun(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes(kind) ?? false;
}

export function droppedRun(event: DragEvent): string | null {
  return event.dataTransfer?.getData(kind) || null;
}
