/** @file Runs side by side: their settings that differ, their final numbers, and their curves over each other. */
import type { Json, MetricCurve, RunRecord } from '../../main/rpc/contract';
import type { Curve } from '../../figures/curves';
import { distinctSeries, seriesColor } from '../../figures/palette';

/** Settings in which the runs differ, in the order of the first run's configuration. */
export function differingKeys(runs: readonly RunRecord[]): string[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.config)))];
  return keys.filter((key) => new Set(runs.map((run) => JSON.stringify(run.config[key] ?? null))).size > 1);
}

/** Final metrics that at least one run has, in first-seen order. */
export function metricNames(runs: readonly RunRecord[]): string[] {
  return [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))];
}

/** A setting as a cell. */
export function settingText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** One metric's curve of each run that has it. */
export function overlay(
  runs: readonly RunRecord[],
  curves: ReadonlyMap<string, readonly MetricCurve[]>,
  metric: string,
): Curve[] {
  return runs.flatMap((run, place) => {
    const found = curves.get(run.id)?.find((curve) => curve.name === metric);
    if (!found) return [];
    return [
      {
        id: run.id,
        label: run.name,
        x: found.steps,
        y: found.values,
        color: seriesColor(place),
        dashed: place >= distinctSeries,
      },
    ];
  });
}
