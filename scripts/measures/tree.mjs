/** @file A checkout as the measures read it: its source files, what is a test, and their code as a syntax tree. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

const SOURCE = /\.(ts|mts|mjs|cjs|js|svelte|css|py)$/;
const TEST = /\.test\.ts$|(^|\/)(testing|fixtures)\/|\/testing\.ts$/;

/** Tests and what only tests use. */
export function isTest(path) {
  return TEST.test(path);
}

/** The source files of a checkout that git tracks or would track. */
export class Tree {
  #texts = new Map();
  #parsed = new Map();

  constructor(root) {
    this.root = root;
    const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: root,
      maxBuffer: 1 << 28,
    });
    const paths = listed.toString().split('\0');
    this.files = [...new Set(paths)]
      .filter((path) => SOURCE.test(path) && existsSync(join(root, path)))
      .sort();
    this.known = new Set(this.files);
  }

  text(path) {
    if (!this.#texts.has(path)) this.#texts.set(path, readFileSync(join(this.root, path), 'utf8'));
    return this.#texts.get(path);
  }

  /** Lines as an editor counts them. */
  lines(path) {
    const text = this.text(path);
    return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  }

  /** The syntax tree of a script, or of the scripts of a component. */
  parsed(path) {
    if (!this.#parsed.has(path)) {
      const text = path.endsWith('.svelte') ? scriptsOf(this.text(path)) : this.text(path);
      this.#parsed.set(path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
    }
    return this.#parsed.get(path);
  }

  /** Scripts outside tests below the given folders. */
  code(...folders) {
    return this.files.filter(
      (path) =>
        /\.(ts|mjs|svelte)$/.test(path) &&
        !/\.d\.m?ts$/.test(path) &&
        !isTest(path) &&
        folders.some((folder) => path.startsWith(`${folder}/`)),
    );
  }

  /** The file a relative import of `from` means, or null where it is none of this checkout. */
  resolve(from, specifier) {
    if (!specifier.startsWith('.')) return null;
    const path = posix.join(posix.dirname(from), specifier.replace(/\?.*$/, '')).replace(/\/$/, '');
    const candidates = ['', '.ts', '/index.ts', '.svelte', '.mjs'].map((ending) => path + ending);
    return candidates.find((candidate) => this.known.has(candidate)) ?? null;
  }
}

function scriptsOf(component) {
  return [...component.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n');
}

/** Visits every node below `node`, `node` first. */
export function visit(node, look) {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

/** What a file imports of its own checkout; `runTime` is false for types alone. */
export function importsOf(tree, path) {
  const found = [];
  const add = (specifier, runTime) => {
    const to = tree.resolve(path, specifier);
    if (to) found.push({ to, runTime });
  };
  visit(tree.parsed(path), (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier.text, !importsTypesOnly(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      add(node.moduleSpecifier.text, !node.isTypeOnly && !onlyTypes(node.exportClause));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      if (ts.isStringLiteral(node.arguments[0])) add(node.arguments[0].text, true);
  });
  return found;
}

function importsTypesOnly(clause) {
  return clause !== undefined && (clause.isTypeOnly || (!clause.name && onlyTypes(clause.namedBindings)));
}

function onlyTypes(bindings) {
  return bindings?.elements?.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}
