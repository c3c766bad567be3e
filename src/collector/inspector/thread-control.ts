import { controlScript } from '../../protocol/control-script.js';
import type { HeapSettings } from '../../protocol/heap-settings.js';
import type { Definitions, SwitchReader } from '../../protocol/label-records.js';
import {
  type Control,
  controlKey,
  controlUrl,
  type FirstWindow,
  type Series,
  type ThreadFacts,
} from '../../protocol/thread-control.js';
import { isTerminated } from './swallowed-termination.js';
import type { Target } from './target.js';

/** The thread cannot do it now; it may the next time. */
export class RefusedCommandError extends Error {
  /** @param description What was thrown, with its stack. */
  constructor(description = 'no reason given') {
    super(`the thread cannot be controlled: ${description.split('\n', 1)[0]}`);
  }
}

/** Node has told the inspector that the thread's JavaScript is over, which need not be so: it runs nothing there any more. */
export class LostContextError extends Error {}

/** A command that a time-out or an end meant for the program's code has met can be sent again. */
function refused(error: Error): never {
  throw isTerminated(error) ? new RefusedCommandError(error.message) : error;
}

const sessionsGroup = 'profbuf sessions';

/**
 * Does the command meet the thread while it loads one of Node's own modules, as it does at its beginning? What the control loads
 * then may get a module of which half is there, and keep that for good, and so does the program. V8 tells by the functions under
 * the command; a program that has a say in how stacks are told is not asked.
 */
const isLoading = `(() => {
  const names = ['prepareStackTrace', 'stackTraceLimit'];
  const values = [(error, sites) => sites.some((site) => site.getFileName() === 'node:internal/bootstrap/realm'), Infinity];
  const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
  const before = names.map((name) => getOwnPropertyDescriptor(Error, name));
  try {
    names.forEach((name, i) => defineProperty(Error, name, { configurable: true, writable: true, value: values[i] }));
    return new Error().stack === true;
  } finally {
    names.forEach((name, i) => (before[i] ? defineProperty(Error, name, before[i]) : deleteProperty(Error, name)));
  }
})()`;

/** A method of {@link Control}. */
type Command = {
  [Name in keyof Control]: Control[Name] extends (...values: never[]) => unknown ? Name : never;
}[keyof Control];

/** The collector's hand on one thread of the application: {@link Control}, called through the inspector. */
export class ThreadControl {
  readonly #target: Target;
  readonly #objectId: string;
  #hasHandles = false;

  private constructor(target: Target, objectId: string) {
    this.#target = target;
    this.#objectId = objectId;
  }

  /**
   * Makes the thread's control if it has none yet.
   * @throws {RefusedCommandError}
   */
  static async attach(target: Target): Promise<ThreadControl> {
    const key = `Symbol.for('${controlKey}')`;
    const expression = `globalThis[${key}] ?? (${isLoading} ? 'it loads a module of Node' :
      Object.defineProperty(globalThis, ${key}, { configurable: true, value: ${controlScript} })[${key}])
      //# sourceURL=${controlUrl}`;
    const evaluated = target.post('Runtime.evaluate', { expression, silent: true });
    const { result, exceptionDetails } = (await evaluated.catch(refused)) as {
      result: { objectId?: string; description?: string; value?: string };
      exceptionDetails?: object;
    };
    // What was thrown is an object too.
    if (result.objectId === undefined || exceptionDetails !== undefined)
      throw new RefusedCommandError(result.description ?? result.value);
    return new ThreadControl(target, result.objectId);
  }

  /** Known once {@link thread} has been asked. */
  get hasHandles(): boolean {
    return this.#hasHandles;
  }

  async thread(): Promise<ThreadFacts> {
    const facts = (await this.#evaluate('thread')) as ThreadFacts;
    this.#hasHandles = facts.hasHandles;
    return facts;
  }

  begin(series: Series): Promise<FirstWindow> {
    return this.#call('begin', series);
  }

  next(): Promise<number> {
    return this.#call('next');
  }

  end(kept: 0 | 1): Promise<number> {
    return this.#call('end', kept);
  }

  leave(): Promise<void> {
    return this.#call('leave');
  }

  readLabels(reader: SwitchReader | undefined): Promise<boolean> {
    return this.#call('readLabels', reader);
  }

  defineLabels(tags: readonly number[]): Promise<Definitions | undefined> {
    return this.#call('defineLabels', tags);
  }

  startHeap(settings: HeapSettings): Promise<number> {
    return this.#call('startHeap', settings);
  }

  beginPause(): Promise<void> {
    return this.#call('beginPause');
  }

  endPause(): Promise<number> {
    return this.#call('endPause');
  }

  memoryUsage(): Promise<NodeJS.MemoryUsage> {
    return this.#call('memoryUsage');
  }

  activeResources(): Promise<string[]> {
    return this.#call('activeResources');
  }

  restoreStreams(): Promise<void> {
    return this.#call('restoreStreams');
  }

  hasInspectorPort(): Promise<boolean> {
    return this.#call('hasInspectorPort');
  }

  /**
   * Whether the thread's program has sessions with the inspector. V8 collects all garbage there and goes through the heap, so this is
   * asked only while a thread pauses.
   */
  async hasSessions(): Promise<boolean> {
    const { result } = (await this.#target.post('Runtime.callFunctionOn', {
      objectId: this.#objectId,
      functionDeclaration: `function () { return this.sessionPrototype(); }\n//# sourceURL=${controlUrl}\n`,
      objectGroup: sessionsGroup,
    })) as { result: { objectId?: string } };
    const { objects } = (await this.#target.post('Runtime.queryObjects', {
      prototypeObjectId: result.objectId,
      objectGroup: sessionsGroup,
    })) as { objects: { description?: string } };
    await this.#target.post('Runtime.releaseObjectGroup', { objectGroup: sessionsGroup });
    return objects.description !== 'Array(0)';
  }

  /**
   * The arguments are part of the text: V8 compiles each argument of the protocol as a script of its own anyway, 0.1 ms, and
   * answers with one and the same word whether that failed by a full stack or by a termination (see swallowed-termination.ts).
   */
  #call<Name extends Command>(name: Name, ...values: Parameters<Control[Name]>): Promise<ReturnType<Control[Name]>> {
    const literals = values.map((value) => JSON.stringify(value)).join(', ');
    return this.#evaluate(`${name}(${literals})`) as Promise<ReturnType<Control[Name]>>;
  }

  /**
   * @throws {RefusedCommandError} when the command throws, or there is no room on the stack to call it.
   * @throws {LostContextError}
   */
  async #evaluate(member: string): Promise<unknown> {
    const called = this.#target.post('Runtime.callFunctionOn', {
      objectId: this.#objectId,
      // Where it is the same text as before, V8 knows it and compiles nothing.
      functionDeclaration: `function () { return this.${member}; }\n//# sourceURL=${controlUrl}\n`,
      returnByValue: true,
      silent: true,
    });
    const { result, exceptionDetails } = (await called.catch((error: Error) => {
      if (/Cannot find (default execution )?context/.test(error.message)) throw new LostContextError(error.message);
      return refused(error);
    })) as { result: { value?: unknown; description?: string }; exceptionDetails?: object };
    if (exceptionDetails !== undefined) throw new RefusedCommandError(result.description);
    return result.value;
  }
}
