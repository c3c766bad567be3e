import type { Target } from './inspector-client.js';
import type { V8Profile } from './window.js';

/** Every script that the collector runs on a thread of the application carries this name, so that samples show it. */
export const controlUrl = 'profbuf:control';

/**
 * Runs on the application's thread, once. It keeps the functions that it needs, so that a program may replace or delete
 * `console` later; the `console` of `node:inspector` is V8's own, which no logging library wraps.
 */
const controlScript = `(() => {
  const { profile, profileEnd } = process.getBuiltinModule('node:inspector').console;
  const { hrtime } = process;
  const { bigint } = hrtime;
  const { readlinkSync } = process.getBuiltinModule('node:fs');
  let threadId = 0;
  try { threadId = Number(readlinkSync('/proc/thread-self').split('/').pop()); } catch {}
  return {
    threadId,
    rotate(next, last) {
      const start = bigint();
      if (next) profile(next);
      if (last) profileEnd(last);
      return Number(bigint() - start) / 1e6;
    }
  };
})()
//# sourceURL=${controlUrl}
`;

const titles = ['profbuf 1', 'profbuf 2'] as const;

export interface FinishedWindow {
  readonly profile: V8Profile;
  /** What finishing it held up the thread, in milliseconds. */
  readonly pauseMs: number;
}

/**
 * V8's sampler on one thread, in windows that follow each other without a gap.
 *
 * The next profile starts before the last one ends, because V8 forgets all code that it knows when its last profile ends,
 * and then every start walks the heap again: 100 ms and more in a large program, against 0.5 ms here. Profiles with a
 * name of their own, which is what lets two run at once, are to be had through V8's `console.profile` only.
 */
export class Rotation {
  readonly #target: Target;
  readonly #finished = new Map<string, V8Profile>();
  #controlId = '';
  #current: 0 | 1 = 0;

  private constructor(target: Target) {
    this.#target = target;
    target.onEvent((method, parameters) => {
      if (method !== 'Profiler.consoleProfileFinished') return;
      const { title, profile } = parameters as { title?: string; profile: V8Profile };
      // The program may use console.profile too; its profiles are its own.
      if (title === titles[0] || title === titles[1]) this.#finished.set(title, profile);
    });
  }

  /** The operating system's number of the thread; 0 when it cannot be known. */
  threadId = 0;
  /** What beginning the first window held up the thread, in milliseconds. */
  startPauseMs = 0;

  static async start(target: Target, intervalMicros: number): Promise<Rotation> {
    const rotation = new Rotation(target);
    await target.post('Profiler.enable');
    await target.post('Profiler.setSamplingInterval', { interval: intervalMicros });
    const { result } = (await target.post('Runtime.evaluate', { expression: controlScript, silent: true })) as {
      result: { objectId?: string; description?: string };
    };
    if (result.objectId === undefined) throw new Error(`the thread's controls: ${result.description}`);
    rotation.#controlId = result.objectId;
    rotation.threadId = Number(await rotation.#call('return this.threadId'));
    rotation.startPauseMs = await rotation.#call(`return this.rotate('${titles[0]}')`);
    return rotation;
  }

  /** Ends a window and begins the next. `undefined`: V8 did not deliver the one that ended. */
  async rotate(): Promise<FinishedWindow | undefined> {
    const last = this.#current;
    const next = last === 0 ? 1 : 0;
    this.#current = next;
    return this.#take(titles[last], await this.#call(`return this.rotate('${titles[next]}', '${titles[last]}')`));
  }

  /** Ends the last window. */
  async finish(): Promise<FinishedWindow | undefined> {
    const title = titles[this.#current];
    return this.#take(title, await this.#call(`return this.rotate(undefined, '${title}')`));
  }

  #take(title: string, pauseMs: number): FinishedWindow | undefined {
    // The event is sent while the function runs, so it is here before the function's result.
    const profile = this.#finished.get(title);
    this.#finished.delete(title);
    return profile && { profile, pauseMs };
  }

  async #call(body: string): Promise<number> {
    const { result, exceptionDetails } = (await this.#target.post('Runtime.callFunctionOn', {
      objectId: this.#controlId,
      functionDeclaration: `function () { ${body} }\n//# sourceURL=${controlUrl}\n`,
      returnByValue: true,
      silent: true,
    })) as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails) throw new Error(`the thread's controls: ${exceptionDetails.text}`);
    return Number(result.value);
  }
}
