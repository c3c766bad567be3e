import type { Target } from './inspector-client.js';

/** Every script that the collector runs on a thread of the application carries this name, so that samples show it. */
export const controlUrl = 'profbuf:control';

/** Where the main thread has its control, made before the application's code runs; see {@link controlScript}. */
export const controlKey = 'profbuf.control';

/**
 * Makes a thread's control: what the collector calls there.
 *
 * It keeps the functions that it needs, so that a program may replace or delete `console` and others later. The `console`
 * of `node:inspector` is V8's own, which no logging library wraps. A worker thread that ends by itself sends its last
 * window on the way out; the main thread waits for the collector then, which ends it in order. What is called through
 * `own` is known by its stack as ours.
 */
export const controlScript = `(() => {
  const { profile, profileEnd } = process.getBuiltinModule('node:inspector').console;
  const { bigint } = process.hrtime;
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  let series = '';
  let count = 0;
  let current;
  let threadId = 0;
  try {
    threadId = Number(process.getBuiltinModule('node:fs').readlinkSync('/proc/thread-self').split('/').pop());
  } catch {}
  const change = (next) => {
    const start = bigint();
    const last = current;
    current = next;
    if (next) profile(next);
    if (last) profileEnd(last);
    return Number(bigint() - start) / 1e6;
  };
  const rotate = () => change(series + ++count);
  const begin = (name) => {
    series = name;
    count = 0;
    return rotate();
  };
  const end = () => change();
  if (!isMainThread) process.on('exit', end);
  return { threadId, begin, rotate, end, own: (work) => work() };
})()
//# sourceURL=${controlUrl}
`;

/** The collector's hand on one thread of the application. */
export class ThreadControl {
  readonly #target: Target;
  readonly #objectId: string;

  private constructor(target: Target, objectId: string) {
    this.#target = target;
    this.#objectId = objectId;
  }

  static async attach(target: Target): Promise<ThreadControl> {
    const expression = `globalThis[Symbol.for('${controlKey}')] ?? ${controlScript}`;
    const { result } = (await target.post('Runtime.evaluate', { expression, silent: true })) as {
      result: { objectId?: string; description?: string };
    };
    if (result.objectId === undefined) throw new Error(`the thread cannot be controlled: ${result.description}`);
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

  /** @param declaration Always the same text for the same purpose: V8 then knows it, and compiles nothing. */
  async #call(declaration: string, ...values: readonly string[]): Promise<number> {
    const { result, exceptionDetails } = (await this.#target.post('Runtime.callFunctionOn', {
      objectId: this.#objectId,
      functionDeclaration: `${declaration}\n//# sourceURL=${controlUrl}\n`,
      arguments: values.map((value) => ({ value })),
      returnByValue: true,
      silent: true,
    })) as { result: { value?: unknown }; exceptionDetails?: { text: string } };
    if (exceptionDetails) throw new Error(`the thread cannot be controlled: ${exceptionDetails.text}`);
    return Number(result.value);
  }
}
