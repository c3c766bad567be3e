import type { Message } from './exchange.js';
import { type Outcome, outcomeOfError } from './outcome.js';
import { pause } from './pause.js';
import { BoundedQueue, type Waiting } from './queue.js';
import type { Tally } from './tally.js';

/** Servers refuse what is older: Pyroscope's ingestion window reaches back an hour. */
const longestMs = 3_600_000;

export interface Backoff {
  /** Milliseconds before the second try; twice as many before the next one, and so on. */
  readonly firstMs: number;
  readonly mostMs: number;
}

const usualBackoff: Backoff = { firstMs: 1000, mostMs: 60_000 };

export interface DeliveryOptions {
  readonly queueBytes: number;
  /** @throws when there is no answer. */
  readonly send: (message: Message, signal: AbortSignal) => Promise<Outcome>;
  readonly tally: Tally;
  readonly backoff?: Backoff;
}

/** At the end all that waits is to get out within a second, and some servers take half of that for each answer. */
const mostAtTheEnd = 8;

interface Parcel extends Waiting {
  readonly message: Message;
  /** How often it was sent in vain. */
  failures: number;
}

/**
 * Sends messages one after the other, oldest first, and several at once only at the end. One that was sent in vain comes after
 * those that were not: a server may fail at that one alone, and it would hold the others back for an hour. What could not be sent for want of an answer, or
 * because the server asks for patience, waits and is sent again; what the server does not want is dropped. Nothing in here
 * rejects: a server costs no more than its profiles.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #queue: BoundedQueue<Parcel>;
  /** Aborted when a pause is of no use any more. */
  readonly #hurry = new AbortController();
  /** Aborted when nothing is sent any more. */
  readonly #end = new AbortController();
  readonly #underWay = new Set<Parcel>();
  /** Loops of {@link #run} that look for more when they are done with what they send. */
  #runners = 0;
  #running: Promise<void> = Promise.resolve();
  /** In a row, of whichever. */
  #failures = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#queue = new BoundedQueue(options.queueBytes, longestMs);
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  get waitingBytes(): number {
    return this.#queue.bytes;
  }

  /** @param sinceMs From when on it is, by `performance.now()`. */
  add(message: Message, sinceMs: number): void {
    const dropped = this.#queue.add({ message, bytes: message.body.length, sinceMs, failures: 0 });
    this.#options.tally.addDropped(dropped.length, 'no room while others wait');
    if (this.#runners === 0) this.#running = this.#run();
  }

  /** Sends what is there, each once more, as far as the time allows, and nothing afterwards. */
  async flush(milliseconds: number): Promise<void> {
    this.#hurry.abort();
    const timer = setTimeout(() => this.#end.abort(), milliseconds);
    await Promise.all([this.#running, ...Array.from({ length: mostAtTheEnd - 1 }, () => this.#run())]);
    clearTimeout(timer);
    this.#end.abort();
    this.#options.tally.addDropped(this.#queue.clear().length, 'no time at the end');
  }

  async #run(): Promise<void> {
    const { tally } = this.#options;
    this.#runners++;
    for (;;) {
      tally.addDropped(this.#queue.expire(performance.now()).length, 'older than an hour');
      const parcel = this.#next();
      if (parcel === undefined || this.#end.signal.aborted) break;
      const outcome = await this.#send(parcel);
      if (outcome.kind === 'later') {
        await this.#later(parcel, outcome);
        continue;
      }
      this.#failures = 0;
      // It may have made room for a younger one meanwhile, and is counted then.
      if (!this.#queue.remove(parcel)) continue;
      if (outcome.kind === 'delivered') tally.addDelivered();
      else tally.addDropped(1, outcome.reason, outcome.words);
    }
    this.#runners--;
  }

  #next(): Parcel | undefined {
    let next: Parcel | undefined;
    for (const parcel of this.#queue.oldestFirst()) {
      if (this.#underWay.has(parcel)) continue;
      if (next === undefined || parcel.failures < next.failures) next = parcel;
    }
    return next;
  }

  async #send(parcel: Parcel): Promise<Outcome> {
    this.#underWay.add(parcel);
    try {
      return await this.#options.send(parcel.message, this.#end.signal);
    } catch (error) {
      return outcomeOfError(error);
    } finally {
      this.#underWay.delete(parcel);
    }
  }

  async #later(parcel: Parcel, { reason, words, afterMs }: Extract<Outcome, { kind: 'later' }>): Promise<void> {
    const { tally, backoff = usualBackoff } = this.#options;
    if (this.#end.signal.aborted) return;
    if (this.#hurry.signal.aborted) {
      if (this.#queue.remove(parcel)) tally.addDropped(1, `not to be delivered at the end: ${reason}`, words);
      return;
    }
    tally.complain(
      `later ${reason}`,
      `${reason}${words === '' ? '' : `: ${words}`}; profiles wait, for an hour at most`,
    );
    const failures = Math.max(this.#failures++, parcel.failures++);
    const steps = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(failures, 30));
    // Between half of it and all: programs that failed at the same time do not come back at the same time.
    const pauseMs = steps * (0.5 + Math.random() / 2);
    await pause(Math.min(Math.max(pauseMs, afterMs + pauseMs / 10), longestMs), this.#hurry.signal);
  }
}
