/** @file A language model as a method uses it: asked in the process for foreign files, which opens it again where it was replaced. */
import type { LanguageSession } from '../../contract/opened';
import type { AskOptions } from '../../foreign/messages';
import type { OpenOptions } from './opened';
import type { LanguageAnswer, LanguageCall, LanguageNews } from './service';

/** The part of the process that is used here. */
type AsksLanguage = (
  call: LanguageCall,
  onNews: (news: LanguageNews) => void,
  options: AskOptions,
) => Promise<LanguageAnswer>;

/** The model is opened by the first question. `sha256` is that of its files. */
export function languageSession(
  place: OpenOptions & { path: string },
  sha256: string,
  askThere: AsksLanguage,
): LanguageSession {
  const ask = async (
    question: LanguageCall['ask'],
    onNews: (news: LanguageNews) => void = () => undefined,
    signal?: AbortSignal,
  ) =>
    // Which answer belongs to which question is told by the types of the contract.
    (await askThere({ ...place, sha256, ask: question }, onNews, {
      file: place.path,
      ...(signal && { signal }),
    })) as never;
  return {
    sha256,
    ask: (question) => ask(question),
    work(request, onNews, signal) {
      const told = (news: LanguageNews) => {
        if (news?.kind === 'capture') onNews(news.batch);
        else if (news?.kind === 'continue') onNews(news.token);
        else if (news?.kind === 'likelihood') onNews(news.news);
        else if (news?.kind === 'steering-effects') onNews(news.effects);
        else if (news?.kind === 'fit-steering') onNews(news.news);
        else if (news?.kind === 'certify') onNews(news.certificates);
      };
      return ask(request, told, signal);
    },
  };
}
