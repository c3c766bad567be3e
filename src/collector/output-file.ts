import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces the file in one step: whoever reads it, and whatever ends this process meanwhile, there is the old file or the
 * new one, never a part. Not synced to the disk: it is the process that may end at any time, not the machine.
 */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
