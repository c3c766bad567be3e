import type { WriteStream } from 'node:tty';

const escapeCharacter = '\x1b';
const saveCursor = `${escapeCharacter}7`;
const restoreCursor = `${escapeCharacter}8`;
const clearLine = `${escapeCharacter}[2K`;
/** Moves down, scrolling if it must, and up again: afterwards there is a free row below the cursor. */
const makeRoomBelow = `${escapeCharacter}D${escapeCharacter}M`;

/**
 * One line of text at the bottom of the terminal, which the program writes to as well. The rest of the screen is made
 * the terminal's scrolling region (DECSTBM), so that whatever the program prints scrolls above the line and neither
 * overwrites the other.
 */
export class StatusLine {
  readonly #terminal: WriteStream;
  #rows = 0;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
    terminal.on('resize', this.#adapt);
  }

  /** Whether a status line can be drawn there at all. */
  static isPossible(stream: NodeJS.WriteStream): boolean {
    return stream.isTTY && process.env.TERM !== 'dumb' && stream.rows > 3;
  }

  show(text: string): void {
    const { rows, columns } = this.#terminal;
    const visible = text.slice(0, columns - 1);
    const enter = this.#rows === rows ? saveCursor : `${makeRoomBelow}${saveCursor}${escapeCharacter}[1;${rows - 1}r`;
    this.#rows = rows;
    this.#terminal.write(`${enter}${escapeCharacter}[${rows};1H${clearLine}${visible}${restoreCursor}`);
  }

  /** Gives the whole screen back to the program. */
  end(): void {
    this.#terminal.off('resize', this.#adapt);
    this.#leave();
  }

  readonly #adapt = () => this.#leave();

  #leave(): void {
    if (this.#rows === 0) return;
    this.#terminal.write(
      `${saveCursor}${escapeCharacter}[r${escapeCharacter}[${this.#rows};1H${clearLine}${restoreCursor}`,
    );
    this.#rows = 0;
  }
}
