/** @file Studies of the engine in memory: there are none, and a view that asks for one hears so. */
import type { StudiesApi } from '../../main/rpc/contract';

export function memoryStudies(): StudiesApi {
  const none = () => Promise.reject(new Error('no studies here'));
  return {
    listStudies: async () => [],
    ...{ study: none, createStudy: none, suggestStudy: none, startStudy: none, stopStudy: none },
    ...{ trashStudy: none, restoreStudy: none, trialColumns: none, trial: none, trialCurves: none },
    ...{ rehearsePruner: none, enqueueTrial: none, retryTrial: none, changeSpace: none },
    ...{ promoteTrial: none, trialCommand: none, exportStudy: none, importStudy: none, predictStudy: none },
  };
}
