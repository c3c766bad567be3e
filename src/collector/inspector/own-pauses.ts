import type { Target } from './target.js';
import { mayWaitForThread } from './wait-channel.js';

/** Until a thread is looked at again, in milliseconds. */
const lookMs = 100;
/** Until one that waits for another thread, and does not pause, is asked again: each time twice as long, up to this. */
const longestRestMs = 2000;

/** V8's answer while the thread pauses, which it looks at first: to a question about a frame that there is not. */
const noSuchFrame = 'Invalid call frame id';

/**
 * Ends the pauses of a program that debugs itself: by a session with the thread that it runs on, which hears of a pause before it
 * begins. Node lets such a thread pause only as long as a session with it from elsewhere could let it go on; ours is one, so that
 * without this a `debugger` statement, which for a bare program is over at once, lasted for ever (Node 20 to 26).
 *
 * Of the first pause nobody tells us: a thread that does not work, and waits for another one, is asked. V8 answers that, and lets the
 * thread go on, to a session that has no debugger. From then on ours has one, and hears of each at once.
 */
export class OwnPauses {
  readonly #target: Target;
  readonly #isOwn: () => Promise<boolean>;
  #systemId = 0;
  #isAsking = false;
  #isTold = false;
  #untilMs = 0;
  #restMs = lookMs;

  /** @param isOwn Whether nobody but the program's own thread can have paused it. */
  constructor(target: Target, isOwn: () => Promise<boolean>) {
    this.#target = target;
    this.#isOwn = isOwn;
  }

  /** @param systemId The operating system's number of the thread. */
  watch(systemId: number): void {
    this.#systemId = systemId;
  }

  /** Looks at a thread that does not work. */
  look(): void {
    const now = performance.now();
    if (this.#isAsking || now < this.#untilMs) return;
    this.#untilMs = now + lookMs;
    if (!mayWaitForThread(this.#systemId)) return;
    this.#isAsking = true;
    this.#ask().then(
      (hasEnded) => this.#rest(hasEnded),
      // The thread has ended.
      () => this.#rest(false),
    );
  }

  #rest(hasEnded: boolean): void {
    this.#isAsking = false;
    this.#restMs = hasEnded ? lookMs : Math.min(2 * this.#restMs, longestRestMs);
    this.#untilMs = performance.now() + this.#restMs;
  }

  async #ask(): Promise<boolean> {
    if (!(await this.#isPaused()) || !(await this.#end())) return false;
    this.#hearOfThem();
    return true;
  }

  async #isPaused(): Promise<boolean> {
    const looked = this.#target.post('Debugger.evaluateOnCallFrame', { callFrameId: '', expression: '' });
    return looked.then(
      () => true,
      ({ message }: Error) => message.includes(noSuchFrame),
    );
  }

  async #end(): Promise<boolean> {
    if (!(await this.#isOwn())) return false;
    await this.#target.post('Debugger.resume');
    return true;
  }

  #hearOfThem(): void {
    if (!this.#isTold) {
      this.#target.onEvent((method) => {
        if (method === 'Debugger.paused') this.#end().catch(() => {});
      });
    }
    this.#isTold = true;
    this.#target.post('Debugger.enable').catch(() => {});
  }
}
