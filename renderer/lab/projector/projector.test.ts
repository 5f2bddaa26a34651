/** @file The projector against a made-up run: what it asks, how a slow projection goes on and stops, how rows become a subset. */
import { describe, expect, it } from 'vitest';
import type { AskRows, ProjectionAnswer } from '../../../main/rpc/contract';
import { openSubset } from './open-subset';
import { ProjectorState } from './projector.svelte';
import { cloudScene, subtitleOf } from './scene';

const codes = Int32Array.of(0, 1, 0, 1, -1);
const column = { name: 'concept', codes, names: ['place', 'food'] };

function answerOf(change: Partial<ProjectionAnswer> = {}): ProjectionAnswer {
  return {
    progress: { phase: 'done', done: 1, total: 1 },
    points: Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 4, 4),
    rows: Uint32Array.of(0, 1, 2, 3, 4),
    axes: ['PC 1', 'PC 2'],
    explained: [0.5, 0.25],
    fittedOn: 'all 5 rows',
    repeated: 0,
    ...change,
  };
}

function made(project: (args: Record<string, unknown>) => ProjectionAnswer | Promise<ProjectionAnswer>) {
  const asked: Record<string, unknown>[] = [];
  const ask = (async (name: string, args: Record<string, unknown>) => {
    if (name === 'sources')
      return {
        sources: [{ name: 'resid_post:1', rows: 5, columns: 3 }],
        columns: [column],
        hasLabel: true,
        hasTexts: true,
      };
    asked.push({ name, ...args });
    return name === 'project' ? project(args) : { name: 'x.jsonl', bytes: new Uint8Array(1) };
  }) as unknown as AskRows;
  return { projector: new ProjectorState(ask), asked };
}

describe('ProjectorState', () => {
  it('asks for the components of what was stored first, and for nothing that the projection does not take', async () => {
    const { projector, asked } = made(() => answerOf());
    await projector.begin();
    await projector.project();
    expect(asked).toEqual([
      {
        ...{ name: 'project', source: 'resid_post:1', method: 'pca', components: [0, 1] },
        ...{ fit: { source: null, group: null }, show: null, milliseconds: 400 },
      },
    ]);
    projector.method = 'class-means';
    projector.fit = 1;
    await projector.project();
    expect(asked[1]).toMatchObject({ method: 'class-means', axis: { to: 0, from: null }, fit: { group: 1 } });
    projector.method = 'umap';
    await projector.project();
    expect(asked[2]).toMatchObject({ method: 'umap', neighbours: 15, seed: 0 });
    expect(asked[2]).not.toHaveProperty('fit');
  });

  it('goes on with a slow projection until it is stopped, and keeps its last places', async () => {
    let done = 0;
    const { projector, asked } = made(() => {
      done++;
      if (done === 3) projector.stop();
      const points = done === 1 ? null : new Float32Array(10).fill(done);
      return answerOf({ progress: { phase: 'layout', done, total: 9 }, points, explained: null });
    });
    await projector.begin();
    projector.method = 't-sne';
    await projector.project();
    expect([asked.length, projector.busy, projector.stopped]).toEqual([3, false, true]);
    expect(projector.answer!.points![0]).toBe(3);
    expect(subtitleOf(projector.answer!, 'resid_post:1', 5, true)).toContain('stopped at layout 3 of 9');
  });

  it('leaves an answer unread that was overtaken, and tells why there is none', async () => {
    const waits: ((answer: ProjectionAnswer) => void)[] = [];
    const { projector } = made(() => new Promise((resolve) => waits.push(resolve)));
    await projector.begin();
    const first = projector.project();
    const second = projector.project();
    waits[1]!(answerOf({ fittedOn: 'the newer' }));
    waits[0]!(answerOf({ fittedOn: 'the older' }));
    await Promise.all([first, second]);
    expect(projector.answer!.fittedOn).toBe('the newer');
    const failing = made(() => Promise.reject(new Error('no')));
    await failing.projector.begin();
    await failing.projector.project();
    expect(failing.projector.error!.what).toContain('no');
    expect(failing.projector.busy).toBe(false);
  });

  it('asks for the chosen rows in order as a subset', async () => {
    const { projector, asked } = made(() => answerOf());
    await projector.begin();
    projector.selection.choose([4, 1]);
    projector.selection.choose([2], 'add');
    projector.selection.choose([4], 'remove');
    await projector.subset('places', 'marked');
    expect(asked).toEqual(
      [{ name: 'subset', rows: Uint32Array.of(1, 2), form: 'marked' }].map((one) => ({
        ...one,
        name: 'places',
      })),
    );
  });
});

describe('cloudScene', () => {
  const options = { title: 'Projector', source: 'resid_post:1', total: 5, colour: column, stopped: false };
  const answer = { ...answerOf(), points: answerOf().points! };

  it('shows every row in the colour of its class, and says so', () => {
    const scene = cloudScene({ ...options, answer, chosen: new Set() });
    expect(scene.subtitle).toBe('showing all 5 · resid_post:1 · fit on all 5 rows');
    expect(scene.x.label).toBe('PC 1 (50 %)');
    expect(scene.marks).toHaveLength(1);
    expect(scene.marks[0]).toMatchObject({ classes: codes, classNames: ['place', 'food'] });
  });

  it('dims what is not chosen without leaving any row out', () => {
    const scene = cloudScene({ ...options, answer, chosen: new Set([3, 4]) });
    const marks = scene.marks.map((mark) => (mark.kind === 'points' ? [...mark.rows!] : []));
    expect(marks).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(scene.marks[0]!.opacity).toBeLessThan(scene.marks[1]!.opacity);
  });
});

describe('openSubset', () => {
  it('opens the file as a data set and offers to show it; says nothing where that failed', async () => {
    const names: string[] = [];
    const said: string[] = [];
    const shown: unknown[] = [];
    const appOf = (opened: unknown[]) =>
      ({
        opener: {
          openFiles: async ([file]: File[]) => {
            names.push(`${file!.name} ${await file!.text()}`);
            return opened;
          },
        },
        workspace: { show: (info: unknown) => shown.push(info) },
        notices: {
          info: (text: string, action: { run: () => void }) => {
            said.push(text);
            action.run();
          },
        },
      }) as unknown as Parameters<typeof openSubset>[0];
    const file = { name: 'places.jsonl', bytes: new TextEncoder().encode('{"id":"1"}') };
    await openSubset(appOf([{ id: 'a', rows: 279 }]), file);
    await openSubset(appOf([]), file);
    expect(names).toEqual(['places.jsonl {"id":"1"}', 'places.jsonl {"id":"1"}']);
    expect(said).toEqual(['Subset places.jsonl, 279 rows: a data set like any other']);
    expect(shown).toEqual([{ id: 'a', rows: 279 }]);
  });
});
