/** @file Drops files on the window the way a person's file manager does: real drag events that carry the files' bytes. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Page } from '@playwright/test';

interface DroppedFile {
  name: string;
  base64: string;
}

/** What is under the pointer when the files are let go; the middle of the window unless told otherwise. */
export interface DropPoint {
  x: number;
  y: number;
}

/** Drags files over the window, waits a frame for the overlay, and lets them go; `change` may damage their bytes before. */
export async function dropFiles(
  page: Page,
  paths: readonly string[],
  at?: DropPoint,
  change: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<void> {
  const files = await Promise.all(
    paths.map(async (path): Promise<DroppedFile> => ({
      name: basename(path),
      base64: change(await readFile(path)).toString('base64'),
    })),
  );
  await page.evaluate(dropInPage, { files, at });
}

async function dropInPage({ files, at }: { files: DroppedFile[]; at: DropPoint | undefined }): Promise<void> {
  const transfer = new DataTransfer();
  for (const { name, base64 } of files) {
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = text.charCodeAt(i);
    transfer.items.add(new File([bytes], name));
  }
  const x = at?.x ?? window.innerWidth / 2;
  const y = at?.y ?? window.innerHeight / 2;
  const send = (type: string) => {
    // Asked anew for every event: an overlay may have come under the pointer since the last one.
    const target = document.elementFromPoint(x, y) ?? document.body;
    const init = { bubbles: true, cancelable: true, composed: true, clientX: x, clientY: y };
    target.dispatchEvent(new DragEvent(type, { ...init, dataTransfer: transfer }));
  };
  send('dragenter');
  send('dragover');
  await new Promise((resolve) => requestAnimationFrame(resolve));
  send('dragover');
  send('drop');
}
