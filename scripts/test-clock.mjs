/** @file What `npm test` prints about its time: by project, and the slowest files. */

/** @typedef {{ project: string, path: string, seconds: number }} TimedFile */

const SLOWEST = 20;

/**
 * @param {any} report Playwright's JSON report, or null when it wrote none
 * @returns {TimedFile[]} one for each spec file and host
 */
export function playwrightFiles(report) {
  const files = new Map();
  const add = (path, suite) => {
    for (const spec of suite.specs ?? [])
      for (const { projectName, results } of spec.tests) {
        const project = projectName === 'server' ? 'browser' : projectName;
        const key = `${project} ${path}`;
        const file = files.get(key) ?? { project, path, seconds: 0 };
        for (const { duration } of results) file.seconds += duration / 1000;
        files.set(key, file);
      }
    for (const inner of suite.suites ?? []) add(path, inner);
  };
  for (const suite of report?.suites ?? []) add(`e2e/${suite.file}`, suite);
  return [...files.values()];
}

/**
 * @param {TimedFile[]} files
 * @param {number} elapsed seconds from start to end
 * @returns {string} several lines; seconds of work, of which several go on at a time
 */
export function clockText(files, elapsed) {
  const projects = new Map();
  for (const { project, seconds } of files) {
    const known = projects.get(project) ?? { seconds: 0, files: 0 };
    projects.set(project, { seconds: known.seconds + seconds, files: known.files + 1 });
  }
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const line = (seconds, words) => `  ${seconds.toFixed(1).padStart(7)} s  ${words}`;
  return [
    'seconds of work by project, of which several go on at a time:',
    ...[...projects].map(([name, project]) => line(project.seconds, `${name}, ${project.files} files`)),
    `the ${SLOWEST} slowest files:`,
    ...slowest.map(({ project, path, seconds }) => line(seconds, `${path} (${project})`)),
    `${Math.floor(elapsed / 60)} min ${Math.floor(elapsed % 60)} s in all`,
  ].join('\n');
}
