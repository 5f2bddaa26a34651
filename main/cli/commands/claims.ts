/** @file `monge claims`: runs the experiments behind the papers' claims and prints their numbers. */
import { resolve } from 'node:path';
import { copyPictures } from '../../claims/pictures';
import { checkResultsPage, resultsPage, writeResultsPage } from '../../claims/page';
import { defaultRunsFolder, scratchRunsFolder } from '../../disk/paths';
import { datasetOf } from '../../models/opened';
import type { Engine } from '../../engine';
import type { ClaimInfo, ClaimRecord, ClaimsProgress, ClaimsRequest } from '../../contract/engine';
import { flag, parsePairs, text, usage, word, type Parsed } from '../arguments';
import { claimList, claimText, progressLine, summary } from '../claims-text';
import type { CommandLine } from '../command';
import { exitCodeOfClaims, type StopReason } from '../exit-codes';
import { withEngine, type CliHost } from '../host';
import { methodNamed } from './run';

interface Declared {
  id: string;
  claims: ClaimInfo[];
}

export const claims: CommandLine = {
  summary: 'Run the experiments behind the papers’ claims',
  flags: {
    args: {
      method: word('only this method', false),
      quick: flag('smaller and shorter experiments'),
      only: text('ids of claims, for example C1,C2'),
      seeds: text('seeds per arm, instead of each claim’s own number'),
      data: text('data that a claim needs, name=FILE; may be repeated'),
      list: flag('only list the claims and their last results'),
      fresh: flag('train again what was trained before'),
      out: text('write a results page, FILE.md'),
      runs: text('folder that keeps the runs ($MONGE_RUNS or ./runs)'),
      threads: text('threads of each session (all)'),
      json: flag('JSON on standard output'),
    },
    repeated: ['data', 'only'],
  },
  async run(parsed, host) {
    const listing = parsed.flag('list');
    const given = parsed.text('runs');
    // Looking leaves nothing in the current directory, unless a folder of runs is named.
    const lookIn = given ?? host.environment.MONGE_RUNS;
    const runsFolder =
      listing && !lookIn
        ? scratchRunsFolder(host.environment)
        : resolve(given ?? defaultRunsFolder(host.environment));
    const threads = parsed.whole('threads', 1, 1024);
    return withEngine(host, { runsFolder, transport: 'port', threads }, async (engine) => {
      const declared = await declaredClaims(engine, parsed.words[0]);
      if (declared.length === 0) host.tell('no claims are declared, so none were tested\n');
      if (!listing && declared.length > 0) return runAll(host, engine, declared, parsed, runsFolder);
      host.print(parsed.flag('json') ? JSON.stringify(declared) : claimList(declared));
      return 0;
    });
  },
};

async function declaredClaims(engine: Engine, id: string | undefined): Promise<Declared[]> {
  const methods = await engine.methods();
  const chosen = id === undefined ? methods : [methodNamed(methods, id)];
  const all = await Promise.all(
    chosen.map(async (one) => ({ id: one.id, claims: await engine.claims(one.id) })),
  );
  return all.filter((one) => one.claims.length > 0);
}

async function runAll(
  host: CliHost,
  engine: Engine,
  declared: Declared[],
  parsed: Parsed,
  runsFolder: string,
): Promise<number> {
  const request = await readRequest(engine, declared, parsed);
  const page = parsed.text('out');
  if (page !== undefined) await checkResultsPage(resolve(page));
  const results: { method: string; record: ClaimRecord; claim: ClaimInfo }[] = [];
  let stopped = false;
  let reason: StopReason = null;
  for (const { id, claims: known } of declared) {
    const own = narrowed(request, known);
    if (own.ids?.length === 0) continue;
    const follow = new Follow(host, engine, id);
    const ended = await follow.run(own);
    reason = follow.reason;
    for (const record of ended.records)
      results.push({ method: id, record, claim: known.find((claim) => claim.id === record.id)! });
    if (ended.stopped) {
      stopped = true;
      break;
    }
  }
  if (!parsed.flag('json'))
    for (const { record, claim } of results) host.print(`${claimText(record, claim)}\n`);
  if (parsed.flag('json'))
    host.print(
      JSON.stringify({ stopped, claims: results.map(({ method, record }) => ({ method, ...record })) }),
    );
  else if (results.length > 0) host.print(summary(results));
  if (stopped)
    host.tell(
      'stopped; the same line goes on where this one ended, and finished trainings are not repeated\n',
    );
  else if (page !== undefined) {
    const path = resolve(page);
    const records = results.map(({ record }) => record);
    await writeResultsPage(path, resultsPage(results, await copyPictures(path, records, runsFolder)));
    host.tell(`results page → ${resolve(page)}\n`);
  }
  return exitCodeOfClaims(
    results.map(({ record }) => record),
    stopped,
    reason,
  );
}

/** Follows one method's experiments; the first signal asks for a stop that keeps everything. */
class Follow {
  reason: StopReason = null;
  #open = false;
  #last = '';

  constructor(
    private readonly host: CliHost,
    private readonly engine: Engine,
    private readonly method: string,
  ) {}

  async run(request: ClaimsRequest) {
    const { host, engine, method } = this;
    const release = host.onSignal((signal) => {
      this.#end();
      host.tell(this.reason ? 'still stopping …\n' : 'stopping after this chunk of steps; runs are kept …\n');
      if (this.reason) return;
      this.reason = signal;
      engine.stopClaims(method).catch((thrown: unknown) => host.tell(`${String(thrown)}\n`));
    });
    const unsubscribe = engine.subscribe({ claimsChanged: (progress) => this.#show(progress) });
    try {
      await engine.runClaims(method, request);
      // A signal may have come before there was anything to stop.
      if (this.reason) await engine.stopClaims(method);
      return (await engine.waitForClaims(method)) ?? { records: [], stopped: false };
    } finally {
      unsubscribe();
      release();
      this.#end();
    }
  }

  #show(progress: ClaimsProgress): void {
    if (progress.method !== this.method || progress.state === 'idle') return;
    const { host } = this;
    if (host.terminal) {
      host.tell(`\r\u001b[2K${progressLine(progress)}`);
      this.#open = true;
      return;
    }
    // In a log a line per training is enough.
    const about = `${progress.claim} ${progress.run}`;
    if (progress.run === null || about === this.#last) return;
    this.#last = about;
    host.tell(`${progressLine(progress)}\n`);
  }

  #end(): void {
    if (this.#open) this.host.tell('\n');
    this.#open = false;
  }
}

async function readRequest(engine: Engine, declared: Declared[], parsed: Parsed): Promise<ClaimsRequest> {
  const ids = parsed.texts('only').flatMap((text) => text.split(',').map((id) => id.trim()));
  const known = declared.flatMap(({ claims: all }) => all.map(({ id }) => id));
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw usage('there is no such claim', '--only', JSON.stringify(unknown), known.join(', '));
  const files = parsePairs('data', parsed.texts('data'));
  const needs = new Set(
    declared.flatMap(({ claims: all }) => all.flatMap((claim) => claim.needs.map(({ name }) => name))),
  );
  const stray = Object.keys(files).find((name) => !needs.has(name));
  if (stray !== undefined)
    throw usage('no claim needs such data', '--data', JSON.stringify(stray), [...needs].join(', ') || 'none');
  const data: Record<string, string> = {};
  for (const [name, file] of Object.entries(files))
    data[name] = datasetOf(await engine.openPath(resolve(file))).id;
  const seeds = parsed.whole('seeds', 1, 100);
  return {
    quick: parsed.flag('quick'),
    ...(ids.length > 0 ? { ids } : {}),
    ...(seeds === undefined ? {} : { seeds }),
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...(parsed.flag('fresh') ? { fresh: true } : {}),
  };
}

/** The part of a request that is about one method's claims. */
function narrowed(request: ClaimsRequest, claims: readonly ClaimInfo[]): ClaimsRequest {
  const needs = claims.flatMap((claim) => claim.needs.map(({ name }) => name));
  const { ids, data, ...rest } = request;
  const own = Object.entries(data ?? {}).filter(([name]) => needs.includes(name));
  return {
    ...rest,
    ...(ids ? { ids: ids.filter((id) => claims.some((claim) => claim.id === id)) } : {}),
    ...(own.length > 0 ? { data: Object.fromEntries(own) } : {}),
  };
}
