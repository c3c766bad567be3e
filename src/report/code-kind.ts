/** Whose code is it: the program's own, that of a package it depends on, Node's, or what the engine did? */
export type CodeKind = 'program' | 'dependency' | 'node' | 'runtime';

export interface CodeOrigin {
  readonly kind: CodeKind;
  /** The package's name; for the program's own code its folder. */
  readonly package: string;
}

/**
 * Where does a function belong, by its name and file? Of a Go program the package is in the name; files in Go's module
 * cache are dependencies, and those of the standard library the runtime.
 */
export function originOf(name: string, file: string): CodeOrigin {
  if (file === '') return { kind: 'runtime', package: /^\(.*\)$/.test(name) ? '(runtime)' : '(native)' };
  if (/^(node:|internal\/|ext:|bun:)/.test(file)) return { kind: 'node', package: file.split('/')[0] ?? file };
  const path = file.replaceAll('\\', '/');
  const dependency = /^.*(?:^|\/)node_modules\/(?:\.pnpm\/[^/]+\/node_modules\/)?(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1];
  if (dependency !== undefined) return { kind: 'dependency', package: dependency };
  if (path.endsWith('.go') || path.endsWith('.s')) return goOrigin(name, path);
  const folder = path.includes('/') ? path.replace(/\/[^/]*$/, '') : path.replace(/-\d+$/, '');
  return { kind: 'program', package: folder === '' ? '/' : folder };
}

function goOrigin(name: string, path: string): CodeOrigin {
  const package_ = /^(?:.*\/)?[^./]+/.exec(name)?.[0] ?? name;
  if (/\/pkg\/mod\/|\/vendor\//.test(path)) return { kind: 'dependency', package: package_ };
  // In the standard library no import path begins with a host's name.
  const isStandard = package_ !== 'main' && !(package_.split('/')[0] ?? '').includes('.') && /\/src\//.test(path);
  return { kind: isStandard ? 'runtime' : 'program', package: package_ };
}
