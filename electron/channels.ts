/** @file Everything that crosses between the shell and the page, named once; the engine's own calls go over the port. */

/** Page to shell. */
export const toShell = {
  requestEngine: 'monge:request-engine',
  setMenu: 'monge:set-menu',
  setProgress: 'monge:set-progress',
  openExternal: 'monge:open-external',
} as const;

/** Shell to page. */
export const toPage = {
  enginePort: 'engine-port',
  command: 'monge:command',
  openPaths: 'monge:open-paths',
  engineState: 'monge:engine-state',
} as const;
