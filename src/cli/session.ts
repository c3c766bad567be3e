import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { numberOfStatusFile, type ProcessStatus, parseProcessStatus } from '../protocol/process-status.js';
import { settingsPath } from '../protocol/session.js';
import { BadInput, reasonOf } from './bad-input.js';

/** One run of the command: the folder in which the collector of every process under it says how it is doing. */
export class Session {
  /** Absolute: the processes may run anywhere. */
  readonly directory: string;

  /** @throws BadInput when there can be no such folder. */
  constructor() {
    try {
      this.directory = mkdtempSync(join(resolve(tmpdir()), 'profbuf-'));
      // Root may start processes of other users: they leave their word here, and cannot look for others'.
      if (process.getuid?.() === 0) chmodSync(this.directory, 0o1733);
    } catch (error) {
      const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
      throw new BadInput(
        `cannot make a folder in ${tmpdir()}: ${reasonOf(error)}; set ${variable} to a folder that can be written`,
      );
    }
  }

  /** What processes read whose environment was filtered; see ../protocol/session.ts. */
  keepSettings(text: string): void {
    writeFileSync(settingsPath(this.directory), text);
  }

  /**
   * The latest word of every process that was ever started, in the order of their process ids, and of one id in that in which
   * they had it.
   * @throws what the file system says, if somebody took the folder away.
   */
  processes(): readonly ProcessStatus[] {
    return (
      readdirSync(this.directory)
        .sort((a, b) => numberOfStatusFile(a) - numberOfStatusFile(b))
        .map((name) => join(this.directory, name))
        // Under root others may put things there, such as a pipe that never ends.
        .filter((path) => path.endsWith('.json') && lstatSync(path, { throwIfNoEntry: false })?.isFile())
        .map((path) => parseProcessStatus(readFileSync(path, 'utf8')))
        .filter((status) => status !== undefined)
        .sort((a, b) => a.pid - b.pid)
    );
  }

  /** A process that runs on writes here until the folder is gone: first nobody finds it any more, then it goes. */
  close(): void {
    const closed = `${this.directory}.closed`;
    try {
      renameSync(this.directory, closed);
    } catch (error) {
      // Somebody took it away.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    rmSync(closed, { recursive: true, force: true });
  }
}

/** Whether the process that wrote the status still runs. */
export function isAlive({ pid }: ProcessStatus): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
