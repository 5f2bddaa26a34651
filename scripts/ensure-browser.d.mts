/** @file Types of ensure-browser.mjs, for the specs. */
export function findBrowser(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): string | null;
export function ensureBrowser(): Promise<{ path: string; how: string } | { path: null; reason: string }>;
