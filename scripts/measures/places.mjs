/** @file Places in the code that a measure counts one by one: casts of answers, trainings that are made by hand. */
import ts from 'typescript';
import { visit } from './tree.mjs';

/** Where a panel says itself what type an answer has: `… as CurvesAnswer`, `answer<CurvesAnswer>('curves')`. */
export function castsOfAnswers(tree) {
  return tree
    .code('renderer')
    .filter((path) => path.startsWith('renderer/panels/'))
    .flatMap((path) =>
      placesOf(tree, path, (node) => {
        if (ts.isAsExpression(node)) return /Answer\b/.test(node.type.getText()) || isAnswer(node.expression);
        return (
          ts.isCallExpression(node) &&
          !node.expression.getText().startsWith('$state') &&
          node.typeArguments?.some((type) => /Answer\b/.test(type.getText()))
        );
      }),
    );
}

/** What `query` and `ask` give, also awaited. */
function isAnswer(expression) {
  return /^\(?(await )?[\w.#?]*\b(query|ask)\(/.test(expression.getText()) && !ts.isIdentifier(expression);
}

/** `new Training(…)` outside the loop that every method shares, and outside the class's own file. */
export function trainingsOutsideTheLoop(tree) {
  const loop = /^main\/(training\/|compute\/training\.ts$)/;
  return tree
    .code('main')
    .filter((path) => !loop.test(path))
    .flatMap((path) =>
      placesOf(tree, path, (node) => ts.isNewExpression(node) && node.expression.getText() === 'Training'),
    );
}

function placesOf(tree, path, counts) {
  const places = [];
  const source = tree.parsed(path);
  visit(source, (node) => {
    if (counts(node)) places.push(`${path}: ${node.getText(source).split('\n')[0]}`);
  });
  return places;
}
