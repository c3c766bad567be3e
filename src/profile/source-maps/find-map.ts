import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapCommentOf } from './map-comment.js';
import type { MapText } from './map-text.js';
import type { SourceFiles } from './source-files.js';
import { SourceMapError } from './source-map-error.js';

export interface FoundMap {
  readonly text: Uint8Array | MapText;
  /** Whose folder its sources are relative to: the map's own path, or the script's, if it is in there. */
  readonly base: string;
  /** The map's own; none when it is in the script. */
  readonly path: string | undefined;
}

/**
 * Where is the map of this script? In its last comment, beside it as the comment says, or beside it under its own name.
 *
 * @param path Of the script.
 * @param text Its text, or what is known of it.
 * @returns `undefined` when it names none, and none is there.
 * @throws {SourceMapError} when it names one that is not there or cannot be read.
 */
export function findMap(path: string, text: Uint8Array | undefined, files: SourceFiles): FoundMap | undefined {
  const url = text === undefined ? undefined : mapCommentOf(text);
  return findNamedMap(path, url, files);
}

/** @param url As the script's comment has it. */
export function findNamedMap(path: string, url: string | undefined, files: SourceFiles): FoundMap | undefined {
  if (url !== undefined && /^data:/i.test(url)) return { text: dataOf(url), base: path, path: undefined };
  const named = url === undefined ? [] : pathsOf(url, path);
  for (const candidate of new Set([...named, `${path}.map`])) {
    const text = files.readMap?.(candidate) ?? files.read(candidate);
    if (text !== undefined) return { text, base: candidate, path: candidate };
  }
  if (url === undefined) return undefined;
  if (named.length === 0) throw new SourceMapError(`its map is at ${shortened(url)}, which is not opened`);
  throw new SourceMapError(`its map is not there: ${named[0]}`);
}

/** Tools differ in whether they escape a path, so it is tried as it is and decoded. */
function pathsOf(url: string, script: string): string[] {
  if (/^file:/i.test(url)) {
    try {
      return [fileURLToPath(url)];
    } catch {
      return [];
    }
  }
  // A drive of Windows is no scheme.
  if (/^[a-z][a-z\d+.-]+:/i.test(url)) return [];
  const folder = dirname(script);
  const plain = url.replace(/[?#].*$/, '');
  return [...new Set([url, decoded(url), decoded(plain)])].map((path) =>
    isAbsolute(path) ? path : resolve(folder, path),
  );
}

function dataOf(url: string): Uint8Array {
  const comma = url.indexOf(',');
  if (comma === -1) throw new SourceMapError('its map is damaged: it is a data URL without data');
  const data = url.slice(comma + 1);
  return /;\s*base64\s*$/i.test(url.slice(0, comma))
    ? Buffer.from(decoded(data), 'base64')
    : Buffer.from(decoded(data));
}

/** As it is where it is not encoded rightly. */
export function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function shortened(url: string): string {
  return url.length > 100 ? `${url.slice(0, 100)}…` : url;
}
