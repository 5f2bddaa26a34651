/**
 * @file Finds places that say the same: six lines of code that are alike when names are changed consistently and other strings
 * and numbers are put in. What an error says is no logic.
 */

/** Lines of code that make a run. */
const RUN = 6;
/** So many of them must differ from each other, or the run is a table and not logic. */
const DISTINCT = 4;
/** A run that stands in more places is how things are written here, such as the head of a component. */
const COMMON = 6;

const KEYWORDS = new Set(
  `abstract as async await break case catch class const continue declare def default delete do else enum export extends
  false finally for function get if implements import in instanceof interface keyof lambda let new null of private protected
  public readonly return set static super switch this throw true try type typeof undefined var void while yield`.split(
    /\s+/,
  ),
);

/**
 * Pairs of files that share at least one run; a file may be paired with itself.
 * @returns {{ first: string, second: string, runs: number, at: [number, number] }[]} most shared first; `at` are the lines
 *   at which the first shared run begins.
 */
export function repeats(tree) {
  const files = tree.files.map((path) => codeLines(tree.text(path)));
  const pairs = new Map();
  for (const places of runsOf(files).values()) {
    const apart = withoutOverlaps(places);
    if (apart.length < 2 || apart.length > COMMON) continue;
    apart.forEach((a, index) => {
      for (const b of apart.slice(index + 1)) {
        const key = `${a.file} ${b.file}`;
        const at = [files[a.file][a.line].number, files[b.file][b.line].number];
        const known = pairs.get(key) ?? {
          first: tree.files[a.file],
          second: tree.files[b.file],
          runs: 0,
          at,
        };
        pairs.set(key, { ...known, runs: known.runs + 1 });
      }
    });
  }
  return [...pairs.values()].sort((a, b) => b.runs - a.runs || (a.first < b.first ? -1 : 1));
}

function runsOf(files) {
  const runs = new Map();
  files.forEach((lines, file) => {
    for (let line = 0; line + RUN <= lines.length; line++) {
      const run = lines.slice(line, line + RUN);
      if (new Set(run.map(({ alone }) => alone)).size < DISTINCT) continue;
      const key = renamed(run.map(({ shape }) => shape).join('\n'));
      if (!runs.has(key)) runs.set(key, []);
      runs.get(key).push({ file, line });
    }
  });
  return runs;
}

/** Of places that overlap in a file only the first is kept. */
function withoutOverlaps(places) {
  const kept = [];
  for (const place of places) {
    const before = kept.at(-1);
    if (before?.file !== place.file || place.line - before.line >= RUN) kept.push(place);
  }
  return kept;
}

/** Identifiers numbered in the order in which they come, so that what is used twice stays the same thing twice. */
function renamed(text) {
  const numbers = new Map();
  return text.replace(/(?<![\w$])[A-Za-z_$][\w$]*/g, (word) => {
    if (KEYWORDS.has(word)) return word;
    if (!numbers.has(word)) numbers.set(word, `v${numbers.size}`);
    return numbers.get(word);
  });
}

/** The lines that count: no blanks, comments, imports, lone brackets or parts of an error; strings and numbers replaced. */
function codeLines(text) {
  const lines = [];
  let until = null;
  text.split('\n').forEach((raw, index) => {
    let line = raw.trim().replace(/\s+/g, ' ');
    if (until) {
      const end = line.search(until);
      if (end < 0) return;
      line = line.slice(end).replace(until, '').trim();
      until = null;
    }
    const comment = /^(\/\*|<!--)/.exec(line);
    if (comment) {
      const close = comment[0] === '/*' ? /\*\// : /-->/;
      if (!close.test(line)) until = close;
      line = until ? '' : line.slice(line.search(close)).replace(close, '').trim();
    }
    if (/^(import|export)\b.*\bfrom ['"]|^import ['"]/.test(line)) return;
    if (/^(import|export)( type)? \{[^}]*$/.test(line)) {
      until = /.*from ['"].*$|.*\};$/;
      return;
    }
    if (/^(\/\/|#|(code|what|where|got|expected|help): )/.test(line) || !/[\w$]/.test(line)) return;
    const shape = shapeOf(line);
    lines.push({ number: index + 1, shape, alone: renamed(shape) });
  });
  return lines;
}

function shapeOf(line) {
  return line
    .replace(/ \/\/ .*$/, '')
    .replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''")
    .replace(/\b\d[\w.]*\b/g, '0');
}
