/** @file Pasted addresses of served engines, right and wrong. */
import { expect, test } from 'vitest';
import { engineAddress } from './engine-address';

test('an address with its token is taken, with or without http', () => {
  expect(engineAddress(' http://127.0.0.1:4173/?token=abc ')).toMatchObject({
    url: { host: '127.0.0.1:4173' },
  });
  expect(engineAddress('gpu-box:4173/?token=abc')).toMatchObject({ url: { protocol: 'http:' } });
});

test.each(['', 'http://', 'ftp://box/?token=a', 'http://127.0.0.1:4173/'])(
  '%j says what is wrong',
  (text) => {
    expect(engineAddress(text)).toHaveProperty('problem');
  },
);
