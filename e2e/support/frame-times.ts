/** @file How long frames take while a figure is dragged to and fro. */
import type { Locator, Page } from '@playwright/test';

/** Milliseconds between frames. */
export interface FrameTimes {
  frames: number;
  median: number;
  /** 95 of 100 are at most as long. */
  most: number;
  longest: number;
}

/**
 * Drags the figure for about `milliseconds`, as a hand would, or turns the wheel sideways over it, and times the frames that
 * the page shows meanwhile.
 */
export async function framesWhilePanning(
  page: Page,
  figure: Locator,
  { milliseconds = 3000, by = 'drag' }: { milliseconds?: number; by?: 'drag' | 'wheel' } = {},
): Promise<FrameTimes> {
  const box = (await figure.boundingBox())!;
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(middle.x, middle.y);
  if (by === 'drag') await page.mouse.down();
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { frameTimes: times });
    let before = performance.now();
    const next = (now: number): void => {
      times.push(now - before);
      before = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  const until = Date.now() + milliseconds;
  for (let step = 0; Date.now() < until; step++) {
    const angle = step / 12;
    if (by === 'wheel') await page.mouse.wheel(60 * Math.sign(Math.sin(angle)), 0);
    else
      await page.mouse.move(
        middle.x + 0.2 * box.width * Math.sin(angle),
        middle.y + 0.2 * box.height * Math.cos(angle),
      );
  }
  const times = await page.evaluate(() =>
    (window as unknown as { frameTimes: number[] }).frameTimes.slice(2),
  );
  if (by === 'drag') await page.mouse.up();
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { frames: sorted.length, median: at(0.5), most: at(0.95), longest: at(1) };
}
