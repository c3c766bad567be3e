import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decoded } from './find-map.js';
import type { SourceFiles } from './source-files.js';

export interface SourcePath {
  /** As a profile shows it: an absolute path, or what the map says where that is none. */
  readonly file: string;
  /** Whether the file is there. */
  readonly isThere: boolean;
}

/**
 * Where is this source of a map? Tools differ in whether they escape a path, and bundlers name theirs from the project's folder,
 * so the first of several that is there is it. One that is not there, as in an image that has the bundle alone, is shown as the
 * map has it.
 *
 * @param source As the map has it, behind its `sourceRoot`.
 * @param base The file that it is relative to.
 */
export function sourcePathOf(source: string, base: string, files: SourceFiles): SourcePath {
  const candidates = candidatesOf(source, base, files);
  const found = candidates.find((path) => files.exists(path));
  if (found !== undefined) return { file: found, isThere: true };
  return { file: shown(candidates[0] ?? readable(source)), isThere: false };
}

function candidatesOf(source: string, base: string, files: SourceFiles): string[] {
  const texts = [...new Set([source, decoded(source), decoded(source.replace(/\?[^/]*$/, ''))])];
  const scheme = /^[a-z][a-z\d+.-]+:/i.exec(source)?.[0].toLowerCase();
  if (scheme === undefined) {
    return texts.map((text) => (isAbsolute(text) ? text : resolve(dirname(base), text)));
  }
  if (scheme === 'file:') {
    try {
      return [fileURLToPath(source)];
    } catch {
      return [];
    }
  }
  if (/^https?:$/.test(scheme)) return [];
  // `webpack://package/./src/a.ts`, `turbopack:///[project]/src/a.ts`: from the folder of a package, of which there may be several.
  // Text that is in no file was made of the project that runs.
  const roots = packageFolders(isAbsolute(base) ? base : resolve(base.replace(/^.*[/:]/, '')), files);
  const paths = texts.map((text) => readable(text)).flatMap((text) => [text, withoutFirst(text)]);
  return roots.flatMap((root) => paths.map((path) => join(root, path))).filter((path) => files.exists(path));
}

/** The folders around a file that have a package.json, the nearest first. */
function packageFolders(file: string, files: SourceFiles): string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (files.exists(join(folder, 'package.json'))) folders.push(folder);
    if (folder === dirname(folder) || folders.length === 4) return folders;
  }
}

/** Without scheme, host and the like: `webpack://shop/./src/a.ts?b4f1` is `shop/src/a.ts`. */
function readable(source: string): string {
  return source
    .replace(/^[a-z][a-z\d+.-]+:\/*/i, '')
    .replace(/\?[^/]*$/, '')
    .replace(/(^|\/)\.(?=\/)/g, '')
    .replace(/^\/+/, '');
}

function withoutFirst(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

/** What is in no folder of this machine is best known by its package. */
function shown(path: string): string {
  const at = path.lastIndexOf('/node_modules/');
  return at === -1 ? path : path.slice(at + '/node_modules/'.length);
}
