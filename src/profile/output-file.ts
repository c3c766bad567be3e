import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/**
 * Replaces the file in one step: whoever reads it, and whatever ends this process meanwhile, there is the old file or the
 * new one, never a part. Not synced to the disk: it is the process that may end at any time, not the machine.
 * @throws an error with the system's code that names the file itself.
 */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const temporary = writeTemporary(path, content);
  try {
    renameSync(temporary, path);
  } catch (error) {
    discard(temporary);
    throw concerning(path, error);
  }
}

/**
 * Writes to a new file beside that of the path, which may take its name later.
 * @returns the new file's path.
 * @throws an error with the system's code that names the file of the path.
 */
export function writeTemporary(path: string, content: Uint8Array | string): string {
  for (;;) {
    const temporary = temporaryPath(path);
    try {
      writeFileSync(temporary, content, { flag: 'wx' });
      return temporary;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      discard(temporary);
      throw concerning(path, error);
    }
  }
}

/** All of one length. Not by the process's id: two containers that share a folder have processes of one id. */
export function temporaryPath(path: string): string {
  return `${path}.${Math.random().toString(36).slice(2, 10).padEnd(8, '0')}.tmp`;
}

/** What kept us from writing may keep us from this as well, and is what there is to be said. */
export function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

/** The temporary file means nothing to who reads of it. */
export function concerning(path: string, error: unknown): unknown {
  const [code, meaning] = getSystemErrorMap().get((error as NodeJS.ErrnoException).errno ?? 0) ?? [];
  return code === undefined
    ? error
    : Object.assign(new Error(`${code}: ${meaning}, ${path}`, { cause: error }), { code });
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
