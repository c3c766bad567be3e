import type { Stream } from './stream.js';
import { Violation } from './violation.js';

/** What is known of a system besides its memory, and has to be right about it. Immutable; equal ones have equal keys. */
export class Monitor {
  readonly key: string;

  private constructor(
    readonly stream: Stream,
    readonly isWriterAttached: boolean,
    /** The ring was empty, and nothing lost, when the present write began. */
    readonly isRoomy: boolean,
    /** Sleeps that were announced and not yet ended by a notify. */
    readonly wakeUpsOwed: number,
    /** How many writers and readers have died. */
    readonly deaths: readonly [writers: number, readers: number],
  ) {
    this.key = `${stream.key}|${isWriterAttached} ${isRoomy} ${wakeUpsOwed} ${deaths}`;
  }

  static begin(stream: Stream): Monitor {
    return new Monitor(stream, false, false, 0, [0, 0]);
  }

  with(change: Partial<Pick<Monitor, 'stream' | 'isWriterAttached' | 'isRoomy' | 'wakeUpsOwed' | 'deaths'>>): Monitor {
    const next = { ...this, ...change };
    return new Monitor(next.stream, next.isWriterAttached, next.isRoomy, next.wakeUpsOwed, next.deaths);
  }

  get hasDied(): boolean {
    return this.deaths[0] + this.deaths[1] > 0;
  }

  /** `write` has returned. @param mayBeHeld Whether the writer holds what it writes. */
  wrote(isWritten: boolean, mayBeHeld = false): Monitor {
    if (!isWritten && this.isRoomy) throw new Violation('starvation', 'a record was lost although the ring was empty');
    return this.with({ stream: this.stream.wrote(isWritten, mayBeHeld) });
  }

  /** `tryWrite` has returned without writing. */
  turnedAway(): Monitor {
    if (this.isRoomy) throw new Violation('starvation', 'a record was turned away although the ring was empty');
    return this.with({ stream: this.stream.published() });
  }
}
