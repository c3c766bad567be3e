import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/**
 * Replaces the file in one step: whoever reads it, and whatever ends this process meanwhile, there is the old file or the
 * new one, never a part. Not synced to the disk: it is the process that may end at any time, not the machine.
 * @throws an error with the system's code that names the file itself.
 */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    discard(temporary);
    throw concerning(path, error);
  }
}

/** What kept us from writing may keep us from this as well, and is what there is to be said. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

/** The temporary file means nothing to who reads of it. */
function concerning(path: string, error: unknown): unknown {
  const [code, meaning] = getSystemErrorMap().get((error as NodeJS.ErrnoException).errno ?? 0) ?? [];
  return code === undefined
    ? error
    : Object.assign(new Error(`${code}: ${meaning}, ${path}`, { cause: error }), { code });
}
