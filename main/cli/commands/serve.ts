/** @file `monge serve`: the workbench in a browser, from this machine, until it is told to stop. */
import { text } from '../arguments';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatError, MongeError } from '../../../native-models/error';
import type { OpenedInfo } from '../../contract/engine';
import { defaultRunsFolder, defaultWorkspaceFolder } from '../../disk/paths';
import { pathsBelow } from '../../disk/path-policy';
import { serve as startServer } from '../../server/serve';
import type { CommandLine } from '../command';
import { exitCodes } from '../exit-codes';
import { withEngine } from '../host';

const loopback = new Set(['127.0.0.1', 'localhost', '::1']);

export const serve: CommandLine = {
  summary: 'Open the workbench in a browser; prints a link that works once',
  flags: {
    args: {
      port: text('port to listen on; 0 for any free one (0)'),
      host: text('address to listen on (127.0.0.1)'),
      'allow-host': text('a further NAME:PORT of this server, as through a tunnel'),
      root: text('folder whose files may be opened (the current one); may be repeated'),
      out: text('folder that keeps the runs ($MONGE_RUNS or ./runs)'),
      threads: text('threads of each session (all)'),
      model: text('a language model to open for programs (GGUF, safetensors); may be repeated'),
    },
    repeated: ['root', 'allow-host', 'model'],
  },
  async run(parsed, host) {
    const address = parsed.text('host') ?? '127.0.0.1';
    const port = parsed.whole('port', 0, 65_535) ?? 0;
    const roots = parsed.texts('root').length > 0 ? parsed.texts('root') : ['.'];
    for (const root of roots) assertFolder(root);
    const files = await pathsBelow(roots.map((root) => resolve(root)));
    const runsFolder = resolve(parsed.text('out') ?? defaultRunsFolder(host.environment));
    const threads = parsed.whole('threads', 1, 1024);
    let asked: (signal: 'SIGINT' | 'SIGTERM') => void = () => undefined;
    const stopped = new Promise<'SIGINT' | 'SIGTERM'>((done) => (asked = done));
    let times = 0;
    // Listens until the engine has closed: a signal meanwhile must not end the process in the middle of a chunk.
    const release = host.onSignal((signal) => {
      times++;
      host.tell(
        times === 1
          ? 'stopping; runs under way keep a checkpoint …\n'
          : 'still stopping: the chunk under way cannot be interrupted …\n',
      );
      asked(signal);
    });
    try {
      return await withEngine(host, { runsFolder, transport: 'socket', threads }, async (engine) => {
        const { rendererFolder } = host;
        const allowHosts = parsed.texts('allow-host');
        const models = parsed.texts('model').map((path) => resolve(path));
        const named: OpenedInfo[] = [];
        for (const path of models) {
          const info = await engine.openPath(path, 'model');
          host.tell(whyNotSpoken(info, path));
          named.push(info);
        }
        // What was dropped, trained or shipped lies in folders of our own.
        const own = [runsFolder, defaultWorkspaceFolder(host.environment), host.samplesFolder].filter(
          (folder) => existsSync(folder),
        );
        const opened = await pathsBelow([...roots, ...models, ...own]);
        const policy = { ...files, allowOpened: (path: string) => opened.allowPath(path) };
        const apiKey = host.environment.MONGE_API_KEY;
        const server = await startServer({
          ...{ engine, policy, rendererFolder, port, host: address, allowHosts, named },
          ...(apiKey ? { apiKey } : {}),
        });
        if (!loopback.has(address))
          host.tell(
            `warning: listening on ${address}: whoever reaches this machine can read what passes, the link included; prefer an SSH tunnel to 127.0.0.1\n`,
          );
        const folders = roots.map((root) => resolve(root)).join(', ');
        host.tell(`runs are kept in ${runsFolder}; files may be opened below ${folders}\n`);
        host.tell(
          `programs that speak the OpenAI interface: base URL ${new URL('/v1', server.url).href}, key ${server.apiKey}\n`,
        );
        host.print(server.url);
        const signal = await stopped;
        await server.close();
        return signal === 'SIGTERM' ? exitCodes.preempted : exitCodes.interrupted;
      });
    } finally {
      release();
    }
  },
};

/** Why programs cannot talk to a model that was named for them; nothing where they can. */
function whyNotSpoken(info: OpenedInfo, path: string): string {
  if ('language' in info && info.language?.kind === 'decoder') return '';
  const problem = ('checkpoint' in info && info.checkpoint?.problem) || null;
  const why = problem ? formatError(problem) : 'it is no language model that says words';
  return `warning: programs cannot talk to ${path}: ${why}\n`;
}

function assertFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new MongeError({
    code: 'folder-not-found',
    what: 'there is no such folder',
    where: { file: path, key: '--root' },
  });
}
