import type { SourceFiles } from '#profbuf/profile/source-maps/source-files.js';
import { SourceMapError } from '#profbuf/profile/source-maps/source-map-error.js';

/** Files by their paths; an error is one that cannot be read. */
export function memoryFiles(
  files: Readonly<Record<string, string | object>>,
): SourceFiles & { readonly reads: string[] } {
  const reads: string[] = [];
  return {
    reads,
    read(path) {
      const content = files[path];
      if (content === undefined) return undefined;
      reads.push(path);
      if (content instanceof SourceMapError) throw content;
      return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
    },
    exists: (path) => files[path] !== undefined,
    stamp: (path) => (files[path] === undefined ? undefined : JSON.stringify(files[path]).length.toString()),
  };
}
