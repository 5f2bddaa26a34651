/** @file Types of electron-binary.mjs, for the specs. */
export function resolveElectron(host?: {
  env?: NodeJS.ProcessEnv;
  platform?: NodeJS.Platform;
  user?: number;
  packageFolder?: string;
}): { path: string } | { path: null; reason: string };
export function downloadElectron(): Promise<boolean>;
