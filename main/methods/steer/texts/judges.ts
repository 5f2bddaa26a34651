/** @file What tells whether a continuation is of the target: words of a lexicon, and a classifier of held-out texts. */
import { MongeError } from '../../../../native-models/error';
import { Lexicon } from '../../../texts/lexicon';
import { tellingWords } from '../../../texts/telling-words';
import { fitTextJudge } from '../../../texts/text-judge';
import type { SteerConfig } from '../config';
import type { Judges, RunTexts } from '../stages';

/** Words are chosen among those of so many texts of a side at most. */
const MOST_TEXTS = 2000;

/**
 * The words of the settings, else those that most tell the target's texts from the source's; the classifier sees neither what
 * maps are fitted on nor what it is tested on.
 * @throws `lexicon-word`, `lexicon-missing` where there are neither words nor texts
 */
export function makeJudges(texts: RunTexts | null, { lexicon }: Pick<SteerConfig, 'lexicon'>): Judges {
  if (!texts && lexicon.length === 0)
    throw new MongeError({
      code: 'lexicon-missing',
      blame: 'input',
      what: 'there are neither texts nor words to tell the target by',
      where: { key: 'lexicon' },
      expected: 'words, --set lexicon=["goal*","match"], or texts of both sides',
    });
  const words = texts && lexicon.length === 0 ? wordsOf(texts) : lexicon;
  const found = new Lexicon(words);
  return { words: found.words, hits: (text) => found.hits(text), ...classifier(texts) };
}

function wordsOf({ source, target }: RunTexts): string[] {
  const all = ({ fit, train, test, calibration }: RunTexts['source']) =>
    [...fit, ...train, ...test, ...calibration].slice(0, MOST_TEXTS);
  return tellingWords(all(target), all(source)).map(({ word }) => word);
}

function classifier(texts: RunTexts | null): Pick<Judges, 'judge' | 'auc' | 'says'> {
  const none = (says: string) => ({
    judge: (given: readonly string[]) => new Float64Array(given.length).fill(NaN),
    auc: NaN,
    says,
  });
  if (!texts) return none('no classifier: there are no texts');
  const { source, target } = texts;
  if (source.train.length === 0 || target.train.length === 0)
    return none('no classifier: no text of a side is held out');
  const part = (name: 'train' | 'test') => ({ source: source[name], target: target[name] });
  const fitted = fitTextJudge(part('train'), part('test'));
  const tested = `${source.test.length} and ${target.test.length}`;
  return {
    judge: (given) => fitted.judge(given),
    auc: fitted.auc,
    says: `logistic regression on TF-IDF of ${fitted.trained} held-out texts a side, tested on ${tested} others`,
  };
}
