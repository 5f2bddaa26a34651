/**
 * @file `node scripts/measures.mjs`: what a method costs in this house, measured against the goals; ends with 1 when one is
 * missed. `--root DIR` measures another checkout, `--only ID` one row, `--places` lists what was counted, `--json` is for
 * programs.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureHouse, measureIds } from './measures/index.mjs';
import { root } from './run.mjs';

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: root },
    only: { type: 'string' },
    places: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
if (values.only !== undefined && !measureIds.includes(values.only)) {
  console.error(`There is no measure ${values.only}; there are ${measureIds.join(', ')}.`);
  process.exit(2);
}

const rows = await measureHouse(resolve(values.root), { only: values.only ?? null });
if (values.json) console.log(JSON.stringify(rows, null, 2));
else print(rows);
process.exitCode = rows.every(({ met }) => met) ? 0 : 1;

function print(measured) {
  const titles = Math.max(...measured.map(({ title }) => title.length));
  const figures = Math.max(...measured.map(({ text }) => text.length));
  for (const { title, text, most, met, how, places } of measured) {
    const goal = most === 0 ? 'none' : `≤ ${most.toLocaleString('en')}`;
    console.log(
      `${met ? 'ok     ' : 'not yet'}  ${title.padEnd(titles)}  ${text.padStart(figures)}  ${goal}`,
    );
    console.log(`         ${how}`);
    if (values.places) for (const place of places) console.log(`           ${place}`);
  }
  const missed = measured.filter(({ met }) => !met).length;
  console.log(
    missed === 0 ? '\nAll goals are met.' : `\n${missed} of ${measured.length} goals are not met yet.`,
  );
}
