/** @file What jsdom lacks of a browser and the view needs: media queries, sizes, dialogs. */
/* eslint-disable @typescript-eslint/unbound-method -- prototypes are asked for what they lack, not called */

export function installBrowserParts(): void {
  window.matchMedia ??= (query: string) =>
    ({
      matches: false,
      media: query,
      addEventListener: () => {},
      removeEventListener: () => {},
    }) as unknown as MediaQueryList;
  globalThis.ResizeObserver ??= class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
  const dialog = HTMLDialogElement.prototype;
  dialog.showModal ??= function (this: HTMLDialogElement) {
    this.setAttribute('open', '');
    this.querySelector<HTMLElement>('[autofocus], input, button')?.focus();
  };
  dialog.close ??= function (this: HTMLDialogElement) {
    this.removeAttribute('open');
  };
  Element.prototype.scrollIntoView ??= () => {};
}

// Some libraries look for these while they are being imported, so importing this file first is enough.
installBrowserParts();
