import type { Target } from './inspector-client.js';

/** Every script that the collector runs on a thread of the application carries this name, so that samples show it. */
export const controlUrl = 'profbuf:control';

/**
 * Where a thread has its control, the main thread before the application's code runs; see {@link controlScript}. It outlives
 * its collector, and the next one may be of another version: the number is that of what both have to agree on.
 */
export const controlKey = 'profbuf.control.1';

/** What a thread that is about to end calls a profile, behind the name of the series. */
export const endTitle = 'end';

/**
 * Makes a thread's control: what the collector calls there.
 *
 * It keeps the functions that it needs, so that a program may replace or delete `console` and others later. The `console`
 * of `node:inspector` is V8's own, which no logging library wraps. A worker thread that ends by itself sends its last
 * window on the way out, and before it a profile of the name `end`; the main thread waits for the collector then, which
 * ends it in order. What is called through `own` is known by its stack as ours.
 *
 * A command runs on top of whatever the thread does just then, and a program near the limit of its stack has no room for it:
 * any call may throw. So a profile is written down before it begins and crossed out after it has ended: none is forgotten,
 * and to end one that does not run does nothing.
 *
 * A pause is told without the time in which the thread waited for a processor, which the machine gave to others. Linux has
 * that in `schedstat`, exact for a thread that asks for itself; 4 µs each time.
 */
export const controlScript = `(() => {
  const { profile, profileEnd } = process.getBuiltinModule('node:inspector').console;
  const { bigint } = process.hrtime;
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  const { closeSync, openSync, readlinkSync, readSync } = process.getBuiltinModule('node:fs');
  const bytes = new Uint8Array(96);
  const number = Number;
  const { max } = Math;
  const on = process.on.bind(process);
  const off = process.off.bind(process);
  let series = '';
  let count = 0;
  let running = [];
  let threadId = 0;
  let file = -1;
  try {
    threadId = Number(readlinkSync('/proc/thread-self').split('/').pop());
  } catch (error) {
    // At the limit of its stack the thread is asked again; without /proc there is nothing to know.
    if (error instanceof RangeError) throw error;
  }
  const endAllBut = (kept) => {
    while (running.length > kept) {
      profileEnd(running[0]);
      running = running.slice(1);
    }
  };
  const waitedNanos = () => {
    let nanos = 0;
    try {
      const length = file < 0 ? 0 : readSync(file, bytes, 0, bytes.length, 0);
      let i = 0;
      while (i < length && bytes[i] !== 32) i++;
      while (++i < length && bytes[i] !== 32) nanos = 10 * nanos + bytes[i] - 48;
    } catch {
      // The program closes files that are not its own. Pauses are told with the waits in them then.
    }
    return nanos;
  };
  const open = () => {
    try {
      if (file < 0) file = openSync('/proc/thread-self/schedstat');
    } catch {
      // Another system, or one that denies it.
    }
  };
  const close = () => {
    const closed = file;
    file = -1;
    try {
      if (closed >= 0) closeSync(closed);
    } catch {
      // The program has done so.
    }
  };
  const stopwatch = () => {
    const start = bigint();
    const before = waitedNanos();
    return () => (number(bigint() - start) - max(0, waitedNanos() - before)) / 1e6;
  };
  const rotate = () => {
    const pauseMs = stopwatch();
    count++;
    const title = series + count;
    running = [...running, title];
    profile(title);
    endAllBut(1);
    return pauseMs();
  };
  const end = () => {
    const pauseMs = stopwatch();
    endAllBut(0);
    if (!isMainThread) off('exit', leave);
    const ms = pauseMs();
    close();
    return ms;
  };
  const leave = () => {
    const title = series + '${endTitle}';
    running = [...running, title];
    profile(title);
    end();
  };
  const begin = (name) => {
    series = name;
    count = 0;
    open();
    if (!isMainThread) {
      off('exit', leave);
      on('exit', leave);
    }
    return rotate();
  };
  return { threadId, begin, rotate, end, own: (work) => work() };
})()
//# sourceURL=${controlUrl}
`;

/** The thread cannot do it now; it may the next time. */
export class RefusedCommandError extends Error {
  /** @param description What was thrown, with its stack. */
  constructor(description = 'no reason given') {
    super(`the thread cannot be controlled: ${description.split('\n', 1)[0]}`);
  }
}

/** Node has told the inspector that the thread's JavaScript is over, which need not be so: it runs nothing there any more. */
export class LostContextError extends Error {}

/** The collector's hand on one thread of the application. */
export class ThreadControl {
  readonly #target: Target;
  readonly #objectId: string;

  private constructor(target: Target, objectId: string) {
    this.#target = target;
    this.#objectId = objectId;
  }

  static async attach(target: Target): Promise<ThreadControl> {
    const key = `Symbol.for('${controlKey}')`;
    const expression = `globalThis[${key}] ??
      Object.defineProperty(globalThis, ${key}, { configurable: true, value: ${controlScript} })[${key}]`;
    const { result, exceptionDetails } = (await target.post('Runtime.evaluate', { expression, silent: true })) as {
      result: { objectId?: string; description?: string };
      exceptionDetails?: object;
    };
    // What was thrown is an object too.
    if (result.objectId === undefined || exceptionDetails !== undefined)
      throw new RefusedCommandError(result.description);
    return new ThreadControl(target, result.objectId);
  }

  /** The operating system's number of the thread; 0 when it cannot be known. */
  threadId(): Promise<number> {
    return this.#call('function () { return this.threadId; }');
  }

  /**
   * Begins the first profile of a series, which are called by the series' name and a number from 1 on, and ends what is left
   * of the series before.
   * @returns what that took, in milliseconds.
   */
  begin(series: string): Promise<number> {
    return this.#call('function (series) { return this.begin(series); }', series);
  }

  /**
   * Begins the next profile of the series, then ends the one before. Takes no argument: V8 compiles every one as a script of
   * its own, 0.1 ms each time.
   * @returns what that took, in milliseconds.
   */
  rotate(): Promise<number> {
    return this.#call('function () { return this.rotate(); }');
  }

  /**
   * Ends the last profile of the series.
   * @returns what that took, in milliseconds.
   */
  end(): Promise<number> {
    return this.#call('function () { return this.end(); }');
  }

  async #call(declaration: string, ...values: readonly string[]): Promise<number> {
    return Number(await callOn(this.#target, this.#objectId, declaration, values));
  }
}

/**
 * Calls a function with an object of the thread as `this`.
 *
 * @param declaration Always the same text for the same purpose: V8 then knows it, and compiles nothing.
 * @throws {RefusedCommandError} when the function throws, or there is no room on the stack to call it.
 */
export async function callOn(
  target: Target,
  objectId: string,
  declaration: string,
  values: readonly unknown[],
): Promise<unknown> {
  const called = target.post('Runtime.callFunctionOn', {
    objectId,
    functionDeclaration: `${declaration}\n//# sourceURL=${controlUrl}\n`,
    arguments: values.map((value) => ({ value })),
    returnByValue: true,
    silent: true,
  });
  const { result, exceptionDetails } = (await called.catch((error: Error) => {
    if (/Cannot find (default execution )?context/.test(error.message)) throw new LostContextError(error.message);
    // V8 compiles each argument as a script. At the limit of the stack that fails like this, whatever the argument is.
    throw error.message.includes("Couldn't parse value object") ? new RefusedCommandError(error.message) : error;
  })) as { result: { value?: unknown; description?: string }; exceptionDetails?: object };
  if (exceptionDetails !== undefined) throw new RefusedCommandError(result.description);
  return result.value;
}
