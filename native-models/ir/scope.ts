/** @file Names for parts of a program, so that nodes can be recognised in printed graphs and profiles. */

let current = '';

/** The scope in which nodes are made right now. */
export function currentScope(): string {
  return current;
}

/** Runs `build` with every new node named under `name`; scopes nest with slashes. */
export function scope<T>(name: string, build: () => T): T {
  return withScope(current === '' ? name : `${current}/${name}`, build);
}

/** Runs `build` in exactly the given scope. */
export function withScope<T>(path: string, build: () => T): T {
  const before = current;
  current = path;
  try {
    return build();
  } finally {
    current = before;
  }
}
