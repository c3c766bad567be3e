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
 * that in `schedstat`, exact for a thread that asks for itself; 4 µs each time. The file is the collector's, which closes it
 * when it has no more commands.
 */
export const controlScript = `(() => {
  const { profile, profileEnd } = process.getBuiltinModule('node:inspector').console;
  const { bigint } = process.hrtime;
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  const { readlinkSync, readSync } = process.getBuiltinModule('node:fs');
  const bytes = new Uint8Array(96);
  const number = Number;
  // Node would complain about every reading.
  const flags = [...process.execArgv, process.env.NODE_OPTIONS];
  const tracesSyncIo = flags.some((text) => /--trace[-_]sync[-_]io/.test(text));
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
    if (file < 0) return -1;
    let nanos = 0;
    try {
      const length = readSync(file, bytes, 0, bytes.length, 0);
      let i = 0;
      while (i < length && bytes[i] !== 32) i++;
      while (++i < length && bytes[i] !== 32) nanos = 10 * nanos + bytes[i] - 48;
    } catch {
      // No room on the stack, or the program closes files that it has not opened: the waits stay in the pause.
      return -1;
    }
    return nanos;
  };
  const stopwatch = () => {
    const start = bigint();
    const before = waitedNanos();
    return () => {
      const after = waitedNanos();
      const nanos = number(bigint() - start);
      const waited = before < 0 ? 0 : after - before;
      return (waited < 0 || waited > nanos ? nanos : nanos - waited) / 1e6;
    };
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
    return pauseMs();
  };
  const leave = () => {
    const title = series + '${endTitle}';
    running = [...running, title];
    profile(title);
    end();
  };
  const begin = (name, schedstat) => {
    series = name;
    count = 0;
    file = tracesSyncIo ? -1 : schedstat;
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
   * @param schedstat Descriptor of the thread's file of that name, which stays open until the series has ended; or -1.
   * @returns what that took, in milliseconds.
   */
  begin(series: string, schedstat: number): Promise<number> {
    return this.#call('function (series, file) { return this.begin(series, file); }', series, schedstat);
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

  async #call(declaration: string, ...values: readonly (string | number)[]): Promise<number> {
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
