import type { ReadStream, WriteStream } from 'node:tty';

const enterScreen = '\x1b[?1049h\x1b[?25l';
const leaveScreen = '\x1b[?25h\x1b[?1049l';
const home = '\x1b[H';
const clearRestOfLine = '\x1b[K';
const clearRestOfScreen = '\x1b[J';

/** The whole terminal, for as long as something is shown in it that changes. What it had before comes back afterwards. */
export class Screen {
  readonly #output: WriteStream;
  readonly #input: ReadStream | undefined;
  readonly #onKey: (key: string) => void;

  /** Whether there is a terminal that can be painted on. */
  static isPossible(): boolean {
    return process.stdout.isTTY && process.env.TERM !== 'dumb' && process.stdout.rows > 3;
  }

  /** @param onKey Ctrl-C is a key, too. */
  constructor(onKey: (key: string) => void) {
    this.#output = process.stdout;
    this.#input = process.stdin.isTTY ? process.stdin : undefined;
    this.#onKey = (keys) => {
      for (const key of String(keys)) onKey(key);
    };
    this.#input?.setRawMode(true);
    this.#input?.setEncoding('latin1').on('data', this.#onKey);
    this.#output.write(enterScreen);
  }

  get rows(): number {
    return this.#output.rows;
  }

  paint(lines: readonly string[]): void {
    const { rows, columns } = this.#output;
    const text = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns - 1)}${clearRestOfLine}\n`);
    this.#output.write(`${home}${text.join('')}${clearRestOfScreen}`);
  }

  close(): void {
    this.#output.write(leaveScreen);
    this.#input?.off('data', this.#onKey);
    this.#input?.setRawMode(false);
    // It would keep this command.
    this.#input?.pause();
  }
}
