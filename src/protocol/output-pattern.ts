import { basename, dirname, join } from 'node:path';

/** What a process's name may take of its file's. */
export const longestName = 64;

/**
 * The file that one process writes: `{name}` and `{pid}` in the pattern's last part are replaced by the process's own.
 * What a name holds beyond letters, digits, `.`, `_` and `-` becomes `_`, so that it stays one part of a path.
 */
export function expandOutputPattern(pattern: string, name: string, pid: number): string {
  const part = name.replace(/[^\w.-]/g, '_').slice(0, longestName);
  const file = basename(pattern)
    .replaceAll('{name}', () => part)
    .replaceAll('{pid}', () => String(pid));
  return join(dirname(pattern), file);
}
