/** @file Settings: what is predicted, from what, and how rows are split. */
import { fieldsWith } from '../../../contract/schema';
import { SPLIT, TABLE, withData } from './groups';

const advancedTable = fieldsWith({ group: TABLE, advanced: true });
const table = fieldsWith({ group: TABLE });
const advancedSplit = fieldsWith({ group: SPLIT, advanced: true });
const split = fieldsWith({ group: SPLIT });

export const tableFields = {
  targets: table.columns({
    title: 'Targets',
    help: 'The columns that are predicted together, two or more numbers; one column of classes makes it a classification. last:2 stands for the last two columns.',
    default: ['last:2'],
    onlyWhen: withData,
  }),
  features: advancedTable.columns({
    title: 'Features',
    help: 'The columns that predictions are made from. Empty: every other column that can be used; dates, row numbers and free text are left out, and a notice says which.',
    default: [],
    onlyWhen: withData,
  }),
  problem: advancedTable.choice({
    title: 'Problem',
    help: 'Your table, or a toy whose true law is known, drawn anew for every seed.',
    default: 'data',
    choices: [
      { value: 'data', title: 'Your table', help: 'The rows of the data set.' },
      {
        value: 'mixture',
        title: 'Mixture',
        help: 'Residuals from three Gaussians in the shape of a V, the same for every row; the mean is known.',
      },
      {
        value: 'heteroscedastic',
        title: 'Uneven noise',
        help: 'The same residuals, growing as √x: one shape for all rows cannot be right for each.',
      },
      {
        value: 'classes',
        title: 'Three classes',
        help: 'Three overlapping Gaussian classes in the plane.',
      },
    ],
  }),
  problemRows: advancedTable.integer({
    title: 'Rows drawn',
    help: 'Rows of the toy.',
    unit: 'rows',
    default: 3000,
    range: [200, 200_000, 'log'],
    onlyWhen: { key: 'problem', values: ['mixture', 'heteroscedastic', 'classes'] },
  }),
  splits: split.text({
    title: 'Split',
    help: 'Percent of the rows to train the base model on, to fit the scores on, to calibrate on and to test on: no row serves twice.',
    unit: 'train/fit/calibrate/test',
    source: 'section 1.8 of the method’s notes',
    default: '50/15/15/20',
    maximumLength: 40,
  }),
  order: advancedSplit.choice({
    title: 'Order',
    help: 'How rows are dealt out. Coverage is guaranteed for rows in random order only.',
    default: 'random',
    choices: [
      { value: 'random', title: 'Random', help: 'Shuffled by the seed.' },
      {
        value: 'blocks',
        title: 'Blocks',
        help: 'In file order, for rows in time: tests what the future would see, without a guarantee.',
      },
    ],
  }),
  repeats: split.integer({
    title: 'Repeats',
    help: 'Splits that are drawn and evaluated anew; scores are compared over them. The first is the one shown.',
    unit: 'splits',
    default: 5,
    range: [1, 1000, 'log'],
  }),
  trainRows: advancedSplit.integer({
    title: 'Most training rows',
    help: 'Rows beyond this are left out.',
    unit: 'rows',
    source: 'protocol of arXiv 2501.10533',
    default: 20_000,
    range: [10, 1_000_000, 'log'],
  }),
  calibrationRows: advancedSplit.integer({
    title: 'Most calibration rows',
    help: 'Also the most rows that scores are fitted on. More change the radius little; what is left over is trained on.',
    unit: 'rows',
    source: 'protocol of arXiv 2501.10533',
    default: 2048,
    range: [2, 100_000, 'log'],
  }),
  testRows: advancedSplit.integer({
    title: 'Most test rows',
    help: 'Rows that coverage and size are measured on; what is left over is trained on.',
    unit: 'rows',
    default: 2000,
    range: [2, 100_000, 'log'],
  }),
};
