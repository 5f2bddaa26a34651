/** @file A vitest reporter that writes how long each file took, with its project, to the file MONGE_TEST_CLOCK. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from './run.mjs';

export default class ClockReporter {
  #files = [];

  onTestModuleEnd(module) {
    const parts = module.diagnostic();
    const milliseconds =
      parts.environmentSetupDuration +
      parts.prepareDuration +
      parts.collectDuration +
      parts.setupDuration +
      parts.duration;
    const path = relative(root, module.moduleId);
    this.#files.push({ project: module.project.name, path, seconds: milliseconds / 1000 });
  }

  onTestRunEnd() {
    if (process.env.MONGE_TEST_CLOCK)
      writeFileSync(process.env.MONGE_TEST_CLOCK, JSON.stringify(this.#files));
  }
}
