/** @file Short names of scores, where a run has not yet said its own. */
const titles: Readonly<Record<string, string>> = {
  l2: 'L2 ball',
  l1: 'L1 ball',
  linf: 'cube',
  maxStd: 'scaled box',
  box: 'Bonferroni box',
  mahalanobis: 'ellipsoid',
  localEllipsoid: 'local ellipsoid',
  otcp: 'OTCP',
  otcpDiscrete: 'OTCP, discrete',
  otcpStandardised: 'OTCP, standardised',
  gaussianEllipsoid: 'learned ellipsoid',
  otcpLocal: 'OT-CP+',
  mcp: 'M-CP',
  drcp: 'DR-CP',
  chdr: 'C-HDR',
  pcp: 'PCP',
  hdpcp: 'HD-PCP',
  cpcp: 'C-PCP',
  copula: 'copula box',
  ip: 'inverse probability',
  ms: 'margin',
  aps: 'APS',
};

export function scoreTitle(id: string): string {
  return titles[id] ?? id;
}

const measures: Readonly<Record<string, string>> = {
  coverage: 'coverage',
  inBand: 'in band',
  logVolume: 'log volume',
  meanSize: 'classes per set',
  classCoverage: 'least class coverage',
  worstSlab: 'worst slab',
  ert: 'excess risk',
  cecX: 'CEC-X',
};

/** "coverage.otcp" as a column of a claim's table: "coverage, OTCP". */
export function metricTitle(metric: string): string {
  const [measure = '', score] = metric.split('.');
  const title = measures[measure];
  return title === undefined || score === undefined ? metric : `${title}, ${scoreTitle(score)}`;
}
