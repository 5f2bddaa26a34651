/** @file What a method costs the rest of the house: shared files that name it, files that name one of its queries. */
import ts from 'typescript';
import { importsOf, visit } from './tree.mjs';

/** The methods of a checkout, by their folders. */
function methodsOf(tree) {
  return tree.files
    .map((path) => /^main\/methods\/([^/]+)\/index\.ts$/.exec(path)?.[1])
    .filter((id) => id !== undefined);
}

/** Says what earlier versions of methods wrote, so that their runs open; a new method has no past. */
const HISTORY = 'main/disk/older.ts';

const isOf = (id) => (path) =>
  path.startsWith(`main/methods/${id}/`) || path.startsWith(`renderer/panels/${id}/`);

/**
 * Files outside the methods' own folders that a new method has to be written into: they name a method's id, import from
 * its folder, or list a code of an error that only a method throws. The list of panels counts only where a method without a
 * panel of its own shows nothing.
 */
export function sharedFilesNamingMethods(tree) {
  const ids = methodsOf(tree);
  const own = (path) => ids.some((id) => isOf(id)(path));
  const codes = codesOf(tree, tree.code('main').filter(own));
  for (const code of codesOf(
    tree,
    tree.code('main', 'native-models').filter((path) => !own(path)),
  ))
    codes.delete(code);
  const panelsAreOptional = tree.files.some((path) => path.startsWith('renderer/panels/shell/'));
  return tree
    .code('main', 'renderer')
    .filter(
      (path) => path !== HISTORY && !own(path) && !(panelsAreOptional && path === 'renderer/panels/index.ts'),
    )
    .filter((path) => {
      const words = wordsOf(tree, path);
      return (
        importsOf(tree, path).some(({ to }) => own(to)) ||
        ids.some((id) => words.texts.has(id) || words.names.has(id)) ||
        [...words.texts].some((text) => codes.has(text))
      );
    });
}

/** Codes of the errors that files throw; a single word such as a status is none. */
function codesOf(tree, paths) {
  const codes = new Set();
  for (const path of paths)
    visit(tree.parsed(path), (node) => {
      if (
        ts.isPropertyAssignment(node) &&
        node.name.getText() === 'code' &&
        ts.isStringLiteral(node.initializer)
      )
        if (node.initializer.text.includes('-')) codes.add(node.initializer.text);
    });
  return codes;
}

/** Texts and identifiers that stand in a file. */
function wordsOf(tree, path) {
  const texts = new Set();
  const names = new Set();
  visit(tree.parsed(path), (node) => {
    if (ts.isStringLiteralLike(node)) texts.add(node.text);
    else if (ts.isIdentifier(node)) names.add(node.text);
  });
  return { texts, names };
}

/**
 * For each query of each method the files outside tests that know what it is: its question or arguments, its handler, the list
 * it stands in, and those that name a type of its own. A place that only asks, and is told the type of the answer, is none.
 * @returns {{ query: string, files: string[] }[]}
 */
export function filesPerQuery(tree) {
  return methodsOf(tree).flatMap((id) => {
    const own = tree.code('main', 'renderer').filter(isOf(id));
    const mentions = own.map((path) => ({ path, names: mentionsIn(tree, path) }));
    const queries = queriesIn(tree, `main/methods/${id}/index.ts`);
    return [...queries].map(([name, handlers]) => {
      const upper = name[0].toUpperCase() + name.slice(1);
      const words = [name, `${upper}Answer`, `${upper}Arguments`, `${name}Arguments`];
      const files = mentions.filter(({ names }) => words.some((word) => names.has(word)));
      return { query: `${id}.${name}`, files: [...new Set([...handlers, ...files.map(({ path }) => path)])] };
    });
  });
}

/** What a file says of queries: types and checks by their names, and `question(…)` members. */
function mentionsIn(tree, path) {
  const names = new Set();
  visit(tree.parsed(path), (node) => {
    if (ts.isIdentifier(node) && /(Answer|Arguments)$/.test(node.text)) names.add(node.text);
    if (ts.isPropertyAssignment(node) && ts.isCallExpression(node.initializer))
      if (/^(question|query)\b/.test(node.initializer.getText())) names.add(node.name.getText());
    if (ts.isLiteralTypeNode(node) && /^(Answer|Arguments)/.test(node.parent.getText()))
      names.add(node.literal.text);
  });
  return names;
}

/** The names of a method's queries and the files in which each is written, read off its declaration. */
function queriesIn(tree, entry) {
  const queries = new Map();
  const add = (name, path) => queries.set(name, [...new Set([...(queries.get(name) ?? []), path])]);
  visit(tree.parsed(entry), (node) => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'queries')
      addKeys(tree, entry, node.initializer, add);
  });
  return queries;
}

/** Adds the keys of an object, through spreads, imports and the calls that make it. */
function addKeys(tree, path, expression, add) {
  if (ts.isCallExpression(expression))
    for (const argument of expression.arguments.filter(ts.isObjectLiteralExpression))
      addKeys(tree, path, argument, add);
  if (ts.isIdentifier(expression)) {
    const place = definitionOf(tree, path, expression.text);
    if (place?.value) addKeys(tree, place.path, place.value, add);
  }
  if (!ts.isObjectLiteralExpression(expression)) return;
  for (const property of expression.properties) {
    if (ts.isSpreadAssignment(property)) addKeys(tree, path, property.expression, add);
    else {
      const name = property.name.getText();
      add(name, path);
      const handler = ts.isShorthandPropertyAssignment(property) ? definitionOf(tree, path, name) : null;
      if (handler) add(name, handler.path);
    }
  }
}

/** Where a name of a file is defined, followed through its import, and its value if it is one of a constant. */
function definitionOf(tree, path, name) {
  for (const statement of tree.parsed(path).statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name) return { path };
    if (ts.isVariableStatement(statement)) {
      const found = statement.declarationList.declarations.find((one) => one.name.getText() === name);
      if (found) return { path, value: found.initializer };
    }
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    const specifier = bindings?.elements?.find((element) => element.name.text === name);
    const file = specifier && tree.resolve(path, statement.moduleSpecifier.text);
    if (file) return definitionOf(tree, file, (specifier.propertyName ?? specifier.name).text);
  }
  return null;
}
