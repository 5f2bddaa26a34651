/** @file Handing bytes and text to the person: downloads and the clipboard. */

/** Offers bytes, or a text in UTF-8, as a download under their name. */
export function saveFile(file: { name: string; mediaType: string; bytes: Uint8Array | string }): void {
  const blob = new Blob([file.bytes as Uint8Array<ArrayBuffer> | string], { type: file.mediaType });
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = file.name;
  link.click();
  // The browser reads the address after this turn; a minute is more than it needs.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Puts text on the clipboard; false where the browser refuses. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** For pages that are not a secure context, such as an engine reached over plain http. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
  }
}
