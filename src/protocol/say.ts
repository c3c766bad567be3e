import { writeSync } from 'node:fs';

/**
 * A line on stderr, straight to the file: the console of the collector's thread would go through the application's event
 * loop, and merely touching `process.stderr` would change the program's streams.
 */
export function say(text: string): void {
  try {
    writeSync(2, `profbuf: ${text}\n`);
  } catch {
    // stderr is closed, or a full pipe that does not block.
  }
}
