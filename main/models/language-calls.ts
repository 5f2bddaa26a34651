/** @file The calls about language models of an engine that opens none yet: every one is refused. */
import { MongeError } from '../../native-models/error';
import type { LanguageApi } from '../contract/language';

export const refusedLanguageCalls: LanguageApi = {
  language: (model) => Promise.reject(notLanguage(model)),
  languageJob: (model) => Promise.reject(notLanguage(model)),
  stopLanguage: async () => {},
};

function notLanguage(model: string): MongeError {
  return new MongeError({
    code: 'model-not-language',
    blame: 'input',
    what: 'this is no language model that can be looked into',
    where: { key: model },
    help: 'its graph can be looked at in the model view',
  });
}
