import type { WindowMessage } from '../../protocol/thread-channel.js';
import type { FirstWindow, Series } from '../../protocol/thread-control.js';
import type { ThreadControl } from '../inspector/thread-control.js';
import { readHandleProfile, UnreadableProfileError } from './handle-profile.js';
import type { FinishedWindow, Rotation } from './rotation.js';

/**
 * Windows without a gap by `v8.startCpuProfile()`, where Node has it. To end one costs the program's thread about 1.1 µs for
 * a node of its tree, a console profile 3.2 to 4.5 (Node 24.21, 26.10); what it gives comes over the thread's channel.
 */
export class HandleRotation implements Rotation {
  readonly shortestBusyMs = 10;
  /** As long as that of console profiles: a program that changes to deeper stacks meanwhile would pay with one long pause. */
  readonly longestBusyMs = 250;
  readonly isCheaperAtLowerRate = true;
  readonly first: FirstWindow;
  readonly #control: ThreadControl;
  readonly #inbox: Inbox;

  private constructor(control: ThreadControl, inbox: Inbox, first: FirstWindow) {
    this.#control = control;
    this.#inbox = inbox;
    this.first = first;
  }

  static async start(control: ThreadControl, series: Series, inbox: Inbox): Promise<HandleRotation> {
    return new HandleRotation(control, inbox, await control.begin(series));
  }

  next(): Promise<number> {
    return this.#control.next();
  }

  async end(): Promise<FinishedWindow | undefined> {
    return this.#inbox.take(await this.#control.end(1));
  }

  async finish(): Promise<FinishedWindow | undefined> {
    return this.#inbox.take(await this.#control.end(0));
  }

  leave(): Promise<void> {
    return this.#control.leave();
  }

  leftover(): undefined {
    return undefined;
  }
}

/** Windows that one thread has handed over and nobody has taken: those of this rotation, and what is left of others. */
export class Inbox {
  readonly #messages: WindowMessage[] = [];
  readonly #receive: () => void;
  #unreadable = 0;

  /** @param receive Puts what has come by now into the inbox. */
  constructor(receive: () => void) {
    this.#receive = receive;
  }

  /** Windows that could not be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  put(message: WindowMessage): void {
    this.#messages.push(message);
  }

  /** A message is sent while the command runs, so it is here before the command's result. */
  take(pauseMs: number): FinishedWindow | undefined {
    this.#receive();
    const message = this.#messages.shift();
    if (message === undefined) return undefined;
    const { window, first, lastNanos } = message;
    try {
      return {
        profile: readHandleProfile(window),
        pauseMs,
        ...(first === undefined ? {} : { first }),
        ...(lastNanos === undefined ? {} : { lastNanos }),
      };
    } catch (error) {
      if (!(error instanceof UnreadableProfileError)) throw error;
      this.#unreadable++;
      return undefined;
    }
  }
}
