/** @file The method in an engine on the shipped tiny model: matrices from statements, the same after a stop, every question, refusals. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeNpy, decodeSafetensors } from '../../../native-models';
import type { LanguageLook } from '../../contract/language';
import type { ProbeQuestions } from '../../contract/probes';
import type { AnswerTo, Question } from '../../contract/query';
import type { Json } from '../../contract/schema';
import type { Engine } from '../../engine';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { undeclared } from '../testing';
import { probes } from '.';

let bench: Workbench;
let engine: Engine;
let model: string;
let tasks: string[];

const PEOPLE = ['Anna', 'Ben', 'Carla', 'David', 'Emma', 'Felix', 'Greta', 'Hans', 'Ida', 'Jonas'];
const PLACES = ['market', 'river', 'school', 'garden', 'harbour', 'station', 'bakery', 'bridge'];

/** True where the person stands first: word order alone, which a tiny model surely tells apart. */
function order(wrong: (text: string) => string): string {
  const rows = PEOPLE.flatMap((person) =>
    PLACES.flatMap((place) => {
      const text = `${person} runs to the ${place}.`;
      return [`"${text}",1,${person} ${place}`, `"${wrong(text)}",0,${person} ${place}`];
    }),
  );
  return `statement,label,pair\n${rows.join('\n')}\n`;
}

beforeAll(async () => {
  bench = workbench([probes]);
  process.env.MONGE_HOME = join(bench.folder, 'home');
  engine = await bench.engine();
  model = (await engine.openPath('samples/tiny-lm', 'model')).id;
  tasks = [
    await opened(
      'swapped.csv',
      order((text) => text.replace(/^(\w+) runs to the (\w+)/, '$1 to runs $2 the')),
    ),
    await opened(
      'reversed.csv',
      order((text) => `${text.slice(0, -1).split(' ').reverse().join(' ')}.`),
    ),
  ];
});
afterAll(() => bench.clean());

async function opened(name: string, content: string): Promise<string> {
  const path = join(bench.folder, name);
  writeFileSync(path, content);
  return (await engine.openPath(path)).id;
}

const FAST = { fewest: 20, bootstrap: 50, permutations: 50 };
const start = (config: Record<string, Json> = {}, given = tasks) =>
  engine.startRun({
    method: 'probes',
    data: { model, tasks: given },
    config: { ...FAST, ...config },
    seed: 2,
  });
const finished = async (config: Record<string, Json> = {}, given = tasks) =>
  engine.waitForRun((await start(config, given)).id);
const file = (id: string, name: string) => readFileSync(join(bench.runs, id, 'artifacts', name));
const asker =
  (id: string) =>
  <N extends keyof ProbeQuestions>(name: N, args: object = {}) =>
    engine.query(id, name, args) as Promise<AnswerTo<ProbeQuestions[N] & Question>>;

describe('probes', { timeout: 120_000 }, () => {
  it('fills the matrix of every block, reports the best one, and hands directions on', async () => {
    const run = await finished({ names: ['swap', 'reverse'] });
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(run.metrics['auc.swap.swap']).toBeGreaterThan(0.9);
    expect(run.metrics['auc.inTaskMean']).toBeGreaterThan(0.9);
    expect(run.metrics).toMatchObject({ 'tasks.used': 2, 'tasks.refused': 0 });
    for (const name of [
      'auc.swap.reverse',
      'cosine.swap.reverse',
      'jaccard.swap.reverse',
      'control.text-only.swap',
    ])
      expect(Number.isFinite(run.metrics[name]), name).toBe(true);
    expect(undeclared({ metrics: [], final: run.metrics } as never, probes.metrics)).toEqual([]);
    const ask = asker(run.id);
    const overview = await ask('overview');
    expect(overview).toMatchObject({ positions: ['-2', 'last', 'mean'], done: { places: 8, of: 8 } });
    expect(overview.tasks[0]).toMatchObject({
      name: 'swap',
      items: 160,
      train: 96,
      groupedBy: 'pair',
      groups: 80,
    });
    const { arrays, metadata } = decodeSafetensors(
      new Uint8Array(file(run.id, 'direction.swap.safetensors')),
    );
    expect(metadata).toMatchObject({ hook: `resid_post:${run.metrics.block}`, task: 'swap' });
    const length = Math.hypot(...(arrays.direction!.data as Float32Array));
    expect(length).toBeCloseTo(1, 5);
    // The lab's cosine map takes it as it is: at its block the last token of what is true points more along it.
    const cosineAt = async (text: string) => {
      const direction = {
        kind: 'vector',
        values: arrays.direction!.data as Float32Array,
        name: 'swap',
      } as const;
      const asked = { kind: 'look', text, level: 'fp32', role: 'resid_post' } as const;
      const look = (await engine.language(model, {
        ...asked,
        measure: { kind: 'cosine', direction },
      })) as LanguageLook;
      const row = look.rows.findIndex(({ hook }) => hook === metadata.hook);
      return look.values[(row + 1) * look.tokens.length - 1]!;
    };
    expect(await cosineAt('Anna runs to the market.')).toBeGreaterThan(
      await cosineAt('Anna to runs market the.'),
    );
    const lines = file(run.id, 'auc.csv').toString().trim().split('\n');
    expect(lines[0]).toBe('trained on,swap,reverse');
    expect(Number(lines[1]!.split(',')[1])).toBeCloseTo(run.metrics['auc.swap.swap']!, 5);
    // Rows of the stored activations are the items in their order.
    const { shape } = decodeNpy(new Uint8Array(file(run.id, 'resid_post-1.last.npy')));
    expect(shape[0]).toBe(320);
  });

  it('answers what the panel asks, from stored matrices and from stored activations alike', async () => {
    const { id } = await finished({ names: ['swap', 'reverse'] });
    const ask = asker(id);
    const place = { family: 'lr-l2', block: 1, position: 'last' };
    const matrix = await ask('matrix', place);
    expect(matrix.tasks).toEqual(['swap', 'reverse']);
    expect(matrix.controls.map((one) => one.id)).toEqual(
      expect.arrayContaining(['text-only', 'log-probability', 'length', 'first-token-confidence']),
    );
    expect(matrix.cosine!.plain[0]).toBeCloseTo(1, 12);
    expect([...matrix.siblings]).toEqual([0, 1, 1, 0]);
    const cell = await ask('scores', { ...place, train: 0, test: 1 });
    expect(cell.other.auc).toBeCloseTo(matrix.auc.values[1]!, 12);
    expect(cell.own.auc).toBeCloseTo(matrix.auc.values[0]!, 12);
    expect(cell.platt.map(({ labels }) => labels)).toEqual([0, 20, 50]);
    const worst = await ask('worst', { ...place, train: 0, test: 1, groupBy: 'template' });
    expect(worst.wrong).toBe(worst.items.length);
    expect(worst.groups.reduce((sum, { total }) => sum + total, 0)).toBe(worst.total);
    const sweep = await ask('sweep');
    expect(sweep.auc).toHaveLength(sweep.blocks.length * 3);
    const at = sweep.blocks.indexOf(1) * 3 + sweep.positions.indexOf('last');
    expect(sweep.auc[at]).toBeCloseTo((matrix.auc.values[0]! + matrix.auc.values[3]!) / 2, 12);
    const layers = await ask('layers', { family: 'mass-mean', position: 'last' });
    expect([...layers.inTask].every(Number.isFinite)).toBe(true);
    // A family and a position that the run did not compute.
    const other = await ask('matrix', { family: 'ridge', block: 0, position: 'mean' });
    const ceiling = await ask('matrix', { ...place, family: 'mlp' });
    expect(ceiling.auc.values[0]).toBeGreaterThan(0.9);
    expect(ceiling.cosine).toBeNull();
    await expect(ask('direction', { ...place, family: 'mlp', train: 0 })).rejects.toMatchObject({
      code: 'probe-without-direction',
    });
    // Its single scores are those of its matrix, at the place that was kept and at one that is trained when asked for.
    for (const asked of [{ ...place, block: (await ask('overview')).best!.block }, place]) {
      const perceptrons = await ask('matrix', { ...asked, family: 'mlp' });
      const single = await ask('scores', { ...asked, family: 'mlp', train: 1, test: 0 });
      expect(single.other.auc).toBeCloseTo(perceptrons.auc.values[2]!, 12);
      expect(single.own.auc).toBeCloseTo(perceptrons.auc.values[3]!, 12);
      const wrongOnes = await ask('worst', { ...asked, family: 'mlp', train: 0, test: 1 });
      expect(1 - wrongOnes.wrong / wrongOnes.total).toBeCloseTo(perceptrons.accuracy[1]!, 12);
    }
    expect(other.auc.values.every((value) => value >= 0 && value <= 1)).toBe(true);
    const reported = await ask('matrix', { ...place, block: (await ask('overview')).best!.block });
    expect(reported.tasks).toEqual(matrix.tasks);
    const direction = await ask('direction', { ...place, train: 1 });
    expect(direction).toMatchObject({ hook: 'resid_post:1' });
    expect(direction.gap).toBeGreaterThan(0);
    await expect(ask('mixtures', place)).rejects.toMatchObject({ code: 'tasks-too-few' });
    await expect(ask('matrix', { ...place, block: 99 })).rejects.toMatchObject({
      code: 'probe-place-missing',
    });
    await expect(ask('matrix', { ...place, position: 'first' })).rejects.toMatchObject({
      code: 'probe-place-missing',
    });
    await expect(ask('scores', { ...place, train: 0, test: 7 })).rejects.toMatchObject({
      code: 'task-unknown',
    });
    expect(await engine.query(id, 'figure.matrix', {})).toMatchObject({
      title: 'AUC by training and test task',
    });
    expect(await engine.query(id, 'figure.blocks', {})).toMatchObject({ subtitle: 'lr-l2, last' });
  });

  it('takes out what is asked for from what is stored, and shows the items as points', async () => {
    const { id } = await finished({ names: ['swap', 'reverse'], families: ['lr-l2'], perceptron: false });
    const ask = asker(id);
    const place = { family: 'lr-l2', block: 1, position: 'last' };
    const [kept, same, without] = [
      await ask('matrix', place),
      await ask('matrix', { ...place, removed: [] }),
      await ask('matrix', { ...place, removed: ['source'] }),
    ];
    expect(same).toEqual(kept);
    expect(kept.geometry.silhouetteByTask).toBeGreaterThan(0.05);
    expect(Math.abs(without.geometry.silhouetteByTask)).toBeLessThan(0.05);
    const { sources, columns } = await ask('sources', {});
    expect(sources.map(({ name }) => name)).toContain('resid_post:1 last');
    expect(columns.map(({ name, names }) => [name, ...names.slice(0, 2)])).toEqual([
      ['label', 'swap', 'reverse'],
      ['truth', 'false', 'true'],
      ['part', 'train', 'validation'],
    ]);
    // The components of one task with the other's items on them.
    const shown = { source: 'resid_post:1 last', method: 'pca', fit: { group: 0 }, show: 1 };
    const { points, rows } = await ask('project', shown);
    expect([rows[0], points!.length]).toEqual([160, 320]);
  });

  it('searches without labels where statements contradict, and holds the probe to a model with random weights', async () => {
    const about = (says: string, right: number) =>
      `statement,label,pair\n${PEOPLE.flatMap((person) =>
        PLACES.flatMap((place) => [
          `"${person} ${says} the ${place}.",${right},${person} ${place}`,
          `"${person} ${says} ${place} the.",${1 - right},${person} ${place}`,
        ]),
      ).join('\n')}\n`;
    const given = [
      await opened('runs.csv', about('runs to', 1)),
      await opened('not.csv', about('not runs to', 0)),
    ];
    const run = await finished({ families: ['ccs'], randomWeights: true, perceptron: false }, given);
    expect(run).toMatchObject({ status: 'done', error: null });
    const ask = asker(run.id);
    expect((await ask('overview')).tasks.map(({ pairs }) => pairs)).toEqual([
      { count: 160, with: 'not' },
      { count: 160, with: 'runs' },
    ]);
    const found = await ask('matrix', { family: 'ccs', block: run.metrics.block, position: 'last' });
    expect([...found.rows]).toEqual([1, 1]);
    const reported = await ask('matrix', { family: 'lr-l2', block: run.metrics.block, position: 'last' });
    const random = reported.controls.find(({ id }) => id === 'random-weights')!;
    expect(random.values[0]).toBe(run.metrics['control.random-weights.runs']);
    expect(random.low[0]).toBeLessThanOrEqual(random.values[0]!);
    const lead = reported.leads.find(({ control }) => control === 'random-weights')!;
    expect(lead.values[0]).toBeCloseTo(reported.auc.values[0]! - random.values[0]!, 12);
    const place = { family: 'ccs', block: 0, position: 'last' };
    await expect(ask('mixtures', place)).rejects.toMatchObject({ code: 'probe-mixtures-missing' });
    expect(await ask('direction', { ...place, train: 0 })).toMatchObject({ hook: 'resid_post:0' });
  });

  it('says that nothing contradicts, where that is so', async () => {
    const alone = await opened(
      'alone.csv',
      order((text) => `${text.slice(0, -1).split(' ').reverse().join(' ')}.`).replaceAll(/,\w+ \w+$/gm, ','),
    );
    const run = await finished({ families: ['ccs'], perceptron: false, fewest: 10 }, [alone]);
    expect(run.notices.join()).toContain('no task has statements with what contradicts them');
    const place = { family: 'ccs', block: 0, position: 'last' };
    await expect(asker(run.id)('matrix', place)).rejects.toMatchObject({ code: 'probe-pairs-missing' });
  });

  it('goes on after a stop to the numbers of a run that never stopped', async () => {
    const whole = await finished();
    const unsubscribe = engine.subscribe({
      metrics: (id, points) => {
        if (points.some(({ name, step }) => name === 'auc.inTaskMean' && step === 1))
          void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await engine.waitForRun((await start()).id);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    // What is there can be asked for meanwhile.
    expect((await asker(stopped.id)('overview')).done.places).toBeLessThan(8);
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expect(resumed).toMatchObject({ status: 'done', metrics: whole.metrics });
    expect(file(resumed.id, 'matrices.json').equals(file(whole.id, 'matrices.json'))).toBe(true);
  });

  it('lets the model answer, grades, and reads the tokens of prompt and answer', async () => {
    // What the tiny model says after a name is all the same; graded by itself, about half are right by construction.
    const rows = PEOPLE.flatMap((person) => PLACES.map((place) => `The ${place} is where ${person}`));
    const probe = await finished(
      { mode: 'answer', grader: 'choice', positions: ['prompt', 'last', 'answer-end', 'mean'], fewest: 8 },
      [
        await opened(
          'choices.csv',
          `prompt,answer,choices\n${rows.map((text, k) => `${text}, runs, runs| the`.replace(', runs,', k % 2 === 0 ? ', runs,' : ', the,')).join('\n')}\n`,
        ),
      ],
    );
    expect(probe.error).toBeNull();
    expect(probe.metrics['tasks.used']).toBe(1);
    expect(probe.metrics['control.first-token-confidence.choices']).toBeDefined();
    const ask = asker(probe.id);
    expect(await ask('overview')).toMatchObject({
      positions: ['last', 'mean', 'prompt', 'answer-end'],
      tasks: [{ mode: 'answer', name: 'choices' }],
    });
  });

  it('grades what the model goes on to write, of which none is right here', async () => {
    const rows = Array.from({ length: 24 }, (_, k) => `Day ${k} at the ${PLACES[k % 8]!} is,forty two`);
    const given = [await opened('written.csv', `prompt,answer\n${rows.join('\n')}\n`)];
    const run = await finished({ mode: 'answer', maxTokens: 4, fewest: 4 }, given);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'tasks-refused' } });
    expect(run.error!.got).toContain('0 % are true or right');
  });

  it('takes out length, format and source, and carries probes over by the mean of the other task', async () => {
    const removed = { removeLength: true, removeFormat: true, removeSource: true };
    const run = await finished({ ...removed, scores: 'recentred', families: ['lr-l2'], perceptron: false });
    expect(run.error).toBeNull();
    const { protocol } = await asker(run.id)('overview');
    expect(protocol).toMatchObject({ removed: ['length', 'format', 'source'], scores: 'recentred' });
    expect(run.metrics['auc.mlpMean']).toBeUndefined();
    // The mean of each task is gone: nothing tells them apart.
    expect(Math.abs(run.metrics['silhouette.task']!)).toBeLessThan(0.05);
  });

  it('reads labels in words, texts from several columns, and says when two tasks are one file', async () => {
    const rows = PEOPLE.flatMap((who) => PLACES.map((place) => ({ who, place })));
    const toxic = await opened(
      'toxic.csv',
      `text,is_toxic\n${rows.map(({ who, place }, k) => `${who} runs to the ${place}.,${k % 2 ? 'Toxic' : 'Not Toxic'}`).join('\n')}\n`,
    );
    const spam = await opened(
      'spam.json',
      JSON.stringify(rows.map(({ who, place }, k) => ({ who, place, label: k % 2 ? 'spam' : 'ham' }))),
    );
    const config = { form: '', truth: 'spam', perceptron: false, families: ['lr-l2'] };
    const words = await finished(config, [toxic, toxic]).catch((thrown: unknown) => thrown);
    expect(words).toMatchObject({ status: 'failed', error: { code: 'task-twice' } });
    const twice = await finished({ ...config, names: ['a', 'b'] }, [toxic, toxic]);
    expect(twice).toMatchObject({ status: 'done' });
    expect(twice.notices.join()).toContain('a and b are the same file');
    const named = await finished({ ...config, form: '{who} goes to {place}.' }, [spam]);
    expect(named.error).toBeNull();
    const { items } = await asker(named.id)('worst', {
      ...{ family: 'lr-l2', block: named.metrics.block, position: 'last', train: 0, test: 0 },
    });
    for (const { text, label } of items) {
      const k = rows.findIndex(({ who, place }) => text === `${who} goes to ${place}.`);
      expect(label).toBe(k % 2);
    }
    expect(await finished({ form: '{who}', truth: '' }, [spam])).toMatchObject({
      error: { code: 'label-unreadable' },
    });
  });

  it('leaves out what cannot be probed and says why', async () => {
    const few = await opened(
      'few.csv',
      order((text) => text)
        .split('\n')
        .slice(0, 21)
        .join('\n'),
    );
    const run = await finished({ fewest: 40 }, [...tasks, few]);
    expect(run.metrics).toMatchObject({ 'tasks.used': 2, 'tasks.refused': 1 });
    expect(run.notices.join()).toContain('few is left out');
    expect((await asker(run.id)('overview')).refused).toMatchObject([{ name: 'few', code: 'task-too-few' }]);
  });

  it.each([
    ['tasks-refused', { fewest: 1000 }, undefined],
    ['task-missing', { names: ['a', 'b', 'c'] }, undefined],
    ['task-twice', { names: ['a', 'a'] }, undefined],
    ['block-unknown', { block: 77 }, undefined],
    ['hooks-double', { hooks: 'resid_post:*,attn_out:*' }, undefined],
    ['hooks-pattern', { hooks: 'nowhere:*' }, undefined],
    [
      'text-too-short',
      { positions: ['-6', 'last'], fewest: 4 },
      `statement,label\n${Array.from({ length: 40 }, (_, k) => `No ${k}.,${k % 2}`).join('\n')}\n`,
    ],
    [
      'context-exceeded',
      { fewest: 4 },
      `statement,label\n${Array.from({ length: 40 }, (_, k) => `No ${k}${k === 7 ? ' and more'.repeat(200) : ''}.,${k % 2}`).join('\n')}\n`,
    ],
    ['column-unknown', { form: '{colour} of {statement}' }, undefined],
    ['column-unknown', { group: 'colour' }, undefined],
    ['level-unavailable', { level: '4-bit-0' }, undefined],
    ['label-unreadable', {}, 'statement,label\nOne.,1\nTwo.,maybe\n'],
    ['text-empty', {}, 'statement,label\nOne is one.,1\n"",0\n'],
    ['column-unknown', {}, 'statement,colour\nOne is one and all.,green and blue\n'],
  ])('fails with %s', async (code, config: Record<string, Json>, content) => {
    const given = content === undefined ? tasks : [await opened(`${code}.csv`, content)];
    const { status, error } = await finished(config, given);
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code });
    if (code === 'context-exceeded') expect(error!.where).toEqual({ file: 'context-exceeded', row: 8 });
  });
});
