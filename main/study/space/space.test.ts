import { describe, expect, it } from 'vitest';
import type { FieldDescription } from '../../contract/schema';
import type { Space } from '../../contract/study';
import { axesOf } from './axes';
import { checkPoint, inOrder, lies, pointKey, restrict } from './points';
import { readSpace } from './read';
import { checkSettings, pointOf } from './settings';

const file = {
  learningRate: { type: 'float', low: 1e-4, high: 1, log: true },
  layers: { type: 'int', low: 1, high: 9, step: 2 },
  optimizer: { type: 'categorical', choices: ['adam', 'sgd'] },
  momentum: {
    type: 'float',
    low: 0.5,
    high: 0.99,
    scale: 'logit',
    when: { key: 'optimizer', values: ['sgd'] },
  },
};

describe('a space as a file gives it', () => {
  it('is read with its scales spelt out', () => {
    const space = readSpace(file);
    expect(space.learningRate).toEqual({ type: 'float', low: 1e-4, high: 1, scale: 'log' });
    expect(space.layers).toEqual({ type: 'int', low: 1, high: 9, step: 2, scale: 'linear' });
    expect(Object.keys(space)).toEqual(Object.keys(file));
  });

  const range = { type: 'float', low: 0, high: 1 };
  it.each([
    ['no object', []],
    ['no dimension', {}],
    ['no type', { a: { low: 0, high: 1 } }],
    ['an unknown key', { a: { ...range, logarithmic: true } }],
    ['a key of another type', { a: { type: 'int', low: 0, high: 1, choices: [1] } }],
    ['an empty range', { a: { ...range, low: 2 } }],
    ['an end that is no number', { a: { ...range, high: '1' } }],
    ['an endless range', { a: { ...range, low: -1e308, high: 1e308 } }],
    ['a half number among whole ones', { a: { type: 'int', low: 0.5, high: 1 } }],
    ['a log scale from 0', { a: { ...range, log: true } }],
    ['a log scale of whole numbers from 0', { a: { type: 'int', low: 0, high: 9, log: true } }],
    ['a logit scale to 1', { a: { ...range, low: 0.1, scale: 'logit' } }],
    ['two scales', { a: { ...range, log: true, scale: 'linear' } }],
    ['a step of 0', { a: { ...range, step: 0 } }],
    ['a step on a log scale', { a: { ...range, low: 0.1, log: true, step: 0.1 } }],
    ['no choices', { a: { type: 'ordinal', choices: [] } }],
    [
      'a choice twice',
      {
        a: {
          type: 'categorical',
          choices: [
            { x: 1, y: 2 },
            { y: 2, x: 1 },
          ],
        },
      },
    ],
    ['a choice that is no JSON', { a: { type: 'categorical', choices: [NaN] } }],
    ['half a condition', { a: { ...range, when: { key: 'b' } } }],
  ])('is refused with %s', (_, given) => {
    expect(() => readSpace(given)).toThrow(expect.objectContaining({ code: 'space-invalid' }));
  });

  it.each([
    ['of what is not varied', { a: { ...range, when: { key: 'b', values: [1] } } }],
    ['that never holds', { a: { ...range, when: { key: 'b', values: [3] } }, b: range }],
    ['on itself', { a: { ...range, when: { key: 'a', values: [1] } } }],
    [
      'in a circle',
      { a: { ...range, when: { key: 'b', values: [1] } }, b: { ...range, when: { key: 'a', values: [1] } } },
    ],
  ])('is refused with a condition %s, and names the key', (_, given) => {
    const refusal = {
      code: 'space-condition',
      detail: expect.objectContaining({ where: { key: 'a' } }) as unknown,
    };
    expect(() => readSpace(given)).toThrow(expect.objectContaining(refusal));
  });

  it('may have keys that objects have of themselves', () => {
    expect(Object.keys(readSpace(JSON.parse('{"__proto__": {"type": "int", "low": 0, "high": 1}}')))).toEqual(
      ['__proto__'],
    );
  });
});

describe('points of a space', () => {
  const space = readSpace(file);

  it('have the settings whose conditions hold', () => {
    const whole = { layers: 3, learningRate: 0.1, optimizer: 'adam', momentum: 0.9 };
    expect(restrict(space, whole)).toEqual({ learningRate: 0.1, layers: 3, optimizer: 'adam' });
    expect(restrict(space, { ...whole, optimizer: 'sgd' })).toHaveProperty('momentum', 0.9);
    expect(lies(space, whole)).toBe(false);
    expect(lies(space, restrict(space, whole))).toBe(true);
    expect(lies(space, { ...restrict(space, whole), layers: 4 })).toBe(false);
    expect(lies(space, { layers: 3, optimizer: 'adam' })).toBe(false);
  });

  it('are refused with the key that is wrong', () => {
    const refusal = (key: string): unknown =>
      expect.objectContaining({
        code: 'point-invalid',
        detail: expect.objectContaining({ where: { key } }) as unknown,
      });
    const point = { learningRate: 0.1, layers: 3, optimizer: 'adam' };
    expect(checkPoint(space, point)).toEqual(point);
    expect(() => checkPoint(space, { ...point, layers: 2 })).toThrow(refusal('layers'));
    expect(() => checkPoint(space, { ...point, momentum: 0.9 })).toThrow(refusal('momentum'));
    expect(() => checkPoint(space, { ...point, optimizer: 'sgd' })).toThrow(refusal('momentum'));
    expect(() => checkPoint(space, { ...point, depth: 1 })).toThrow(refusal('depth'));
  });

  it('are equal by their values', () => {
    expect(pointKey({ a: 1, b: { x: 1, y: [2] } })).toBe(pointKey({ b: { y: [2], x: 1 }, a: 1 }));
    expect(pointKey({ a: 1 })).not.toBe(pointKey({ a: '1' }));
  });

  it('are decided from conditions outward', () => {
    const chained: Space = {
      c: { type: 'int', low: 0, high: 1, scale: 'linear', when: { key: 'b', values: [1] } },
      b: { type: 'int', low: 0, high: 1, scale: 'linear' },
    };
    expect(inOrder(chained)).toEqual(['b', 'c']);
  });
});

describe('axes', () => {
  const space = readSpace({
    ...file,
    width: { type: 'int', low: 8, high: 512, log: true },
    dropout: { type: 'float', low: 0, high: 0.5, step: 0.1 },
    size: { type: 'ordinal', choices: ['small', 'middle', 'large'] },
    fixed: { type: 'float', low: 2, high: 2 },
  });
  const axis = (key: string) => axesOf(space).find((one) => one.key === key)!;

  it('lead from a value to its place and back', () => {
    for (const one of axesOf(space))
      for (let place = 0; place <= 1; place += 1 / 64) {
        const value = one.fromUnit(place);
        const again = one.fromUnit(one.toUnit(value));
        if (one.cells === null) expect(again).toBeCloseTo(value as number, 12);
        else expect(again).toEqual(value);
        const [low, high] = one.cellAt(place);
        expect(low <= place + 1e-12 && place <= high + 1e-12).toBe(true);
      }
    expect(axis('learningRate').fromUnit(0.5)).toBeCloseTo(1e-2, 12);
    expect(axis('momentum').toUnit(0.5)).toBe(0);
    expect(axis('dropout').fromUnit(0.55)).toBe(0.3);
    expect(axis('fixed').fromUnit(0.3)).toBe(2);
  });

  it('give every whole number, step and choice its share', () => {
    const counts = new Map<unknown, number>();
    for (let k = 0; k < 1000; k++) {
      const value = axis('layers').fromUnit((k + 0.5) / 1000);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts]).toEqual([1, 3, 5, 7, 9].map((value) => [value, 200]));
    expect(axis('size').fromUnit(1)).toBe('large');
    expect(axis('size').toUnit('middle')).toBe(0.5);
    expect(axis('size').toUnit('huge')).toBeNaN();
  });
});

describe('a space beside the settings of a method', () => {
  const about = { title: '', help: '', group: '', advanced: false };
  const fields: FieldDescription[] = [
    { key: 'learningRate', kind: 'real', minimum: 1e-5, maximum: 1, default: 1e-3, ...about },
    { key: 'layers', kind: 'integer', minimum: 1, maximum: 16, default: 3, ...about },
    {
      key: 'optimizer',
      kind: 'choice',
      choices: [
        { value: 'adam', title: '', help: '' },
        { value: 'sgd', title: '', help: '' },
      ],
      default: 'adam',
      ...about,
    },
    { key: 'momentum', kind: 'real', minimum: 0, maximum: 1, default: 0.9, ...about },
    { key: 'bias', kind: 'boolean', default: true, ...about },
  ];

  it('fits, or is refused with the key', () => {
    expect(() => checkSettings(readSpace(file), fields)).not.toThrow();
    for (const dimension of [
      { learningRate: { type: 'float', low: 1e-3, high: 2 } },
      { layers: { type: 'float', low: 1, high: 3 } },
      { layers: { type: 'int', low: 1, high: 17 } },
      { optimizer: { type: 'categorical', choices: ['adam', 'lion'] } },
      { bias: { type: 'int', low: 0, high: 1 } },
      { bias: { type: 'categorical', choices: ['true'] } },
      { depth: { type: 'int', low: 0, high: 1 } },
    ])
      expect(() => checkSettings(readSpace(dimension), fields)).toThrow(
        expect.objectContaining({
          code: 'space-setting',
          detail: expect.objectContaining({ where: { key: Object.keys(dimension)[0] } }) as unknown,
        }),
      );
    expect(() =>
      checkSettings(readSpace({ bias: { type: 'categorical', choices: [true, false] } }), fields),
    ).not.toThrow();
  });

  it('holds the point of the current settings, where they lie in it', () => {
    const space = readSpace(file);
    expect(pointOf(space, {}, fields)).toEqual({ learningRate: 1e-3, layers: 3, optimizer: 'adam' });
    expect(pointOf(space, { optimizer: 'sgd' }, fields)).toHaveProperty('momentum', 0.9);
    expect(pointOf(space, { layers: 4 }, fields)).toBeNull();
  });
});
