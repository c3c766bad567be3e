import { closeSync, openSync, readSync } from 'node:fs';

const bytes = Buffer.alloc(64);

/**
 * May a thread that does not work be waiting for another thread? By what Linux has in `/proc/self/task/<tid>/wchan`: it is not where it
 * waits for the event loop or a file. It may be where nobody tells.
 *
 * The file is opened each time: a descriptor that stays open is one that the program does not have.
 */
export function mayWaitForThread(systemId: number): boolean {
  if (process.platform !== 'linux') return true;
  try {
    const file = openSync(`/proc/self/task/${systemId}/wchan`, 'r');
    try {
      const name = bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
      // A kernel that hides it says 0.
      return name === '0' || name.includes('futex');
    } finally {
      closeSync(file);
    }
  } catch {
    return true;
  }
}
