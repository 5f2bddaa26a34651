/** @file The colours pictures fall back to are the style sheet's own. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lightTheme } from './theme.svelte';

test('the fallback theme has the light values of the style sheet', () => {
  const sheet = readFileSync('renderer/app/tokens.css', 'utf8');
  const light = sheet.slice(sheet.indexOf(':root {'), sheet.indexOf('}'));
  const tokens = Object.fromEntries([...light.matchAll(/--([\w-]+): (#\w+);/g)].map((m) => [m[1], m[2]]));
  for (const [token, color] of Object.entries(lightTheme))
    expect([token, tokens[token]]).toEqual([token, color]);
});
