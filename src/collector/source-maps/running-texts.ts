import { readableFile } from '../../profile/frame-name.js';
import type { RunningText } from '../../profile/source-maps/source-maps.js';
import { within } from '../../protocol/within.js';
import type { Target } from '../inspector/target.js';

/** How long a thread that does not answer is waited for, in milliseconds. */
const patienceMs = 1000;

interface Script {
  readonly scriptId: string;
  readonly sourceMapURL: string;
}

/**
 * The texts that V8 has, of files that were compiled as they were loaded: what ran is in memory only, with its map in a comment.
 *
 * The debugger tells of them. It is switched on for the question alone, because it hands over every script of the thread: the
 * first time that takes as long as V8 needs to go through all of their texts, 10 ms in a small program and 100 in one with a
 * compiler in it; later 1 to 5 ms. So nobody is asked before a profile is given out, and only for files of which the
 * profile shows that they are not what ran.
 */
export class RunningTexts {
  readonly #targets: () => readonly Target[];
  readonly #listeners = new WeakMap<Target, DebuggerListener>();
  #longestPauseMs = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param targets The threads, the main one first. */
  constructor(targets: () => readonly Target[]) {
    this.#targets = targets;
  }

  /** The longest that a thread was held up by a question, at most, in milliseconds; 0 before the first. */
  get longestPauseMs(): number {
    return this.#longestPauseMs;
  }

  /**
   * One question at a time: each switches the debugger off when it is done.
   * @throws when a thread that may have some of them has not answered.
   */
  of(files: readonly string[]): Promise<ReadonlyMap<string, RunningText>> {
    const asked = this.#turn.then(() => this.#of(files));
    this.#turn = asked.catch(() => {});
    return asked;
  }

  async #of(files: readonly string[]): Promise<ReadonlyMap<string, RunningText>> {
    const found = new Map<string, RunningText>();
    let silent = 0;
    for (const target of this.#targets()) {
      const missing = files.filter((file) => !found.has(file));
      if (missing.length === 0) break;
      // A thread may end, or be blocked: the others may have them as well.
      const texts = await within(patienceMs, this.#ask(target, new Set(missing))).catch(() => undefined);
      if (texts === undefined) silent++;
      for (const [file, text] of texts ?? []) found.set(file, text);
    }
    if (silent > 0 && found.size === 0) throw new Error(`${silent} threads have not answered`);
    return found;
  }

  async #ask(target: Target, files: ReadonlySet<string>): Promise<Map<string, RunningText>> {
    let listener = this.#listeners.get(target);
    if (listener === undefined) {
      listener = new DebuggerListener(target);
      this.#listeners.set(target, listener);
    }
    const start = performance.now();
    const scripts = await listener.scriptsOf(files);
    this.#longestPauseMs = Math.max(this.#longestPauseMs, performance.now() - start);
    return scripts;
  }
}

class DebuggerListener {
  readonly #target: Target;
  #wanted: ReadonlySet<string> = new Set();
  #isAsking = false;
  /** The last script of a name counts: it is the one that runs. */
  #scripts = new Map<string, Script>();

  constructor(target: Target) {
    this.#target = target;
    target.onEvent((method, parameters) => this.#onEvent(method, parameters));
  }

  async scriptsOf(files: ReadonlySet<string>): Promise<Map<string, RunningText>> {
    const target = this.#target;
    this.#wanted = files;
    this.#scripts = new Map();
    const texts = new Map<string, RunningText>();
    this.#isAsking = true;
    try {
      // A `debugger` statement of the program must not stop it: nobody would let it go on.
      await Promise.all([target.post('Debugger.setSkipAllPauses', { skip: true }), target.post('Debugger.enable')]);
      this.#wanted = new Set();
      await Promise.all(
        [...this.#scripts].map(async ([file, { scriptId, sourceMapURL }]) => {
          const { scriptSource } = await target.post('Debugger.getScriptSource', { scriptId });
          texts.set(file, { text: Buffer.from(String(scriptSource)), mapUrl: sourceMapURL });
        }),
      );
    } finally {
      this.#wanted = new Set();
      await target.post('Debugger.disable');
      this.#isAsking = false;
    }
    return texts;
  }

  #onEvent(method: string, parameters: Record<string, unknown>): void {
    if (method === 'Debugger.paused' && this.#isAsking) this.#target.post('Debugger.resume').catch(() => {});
    if (method !== 'Debugger.scriptParsed' || this.#wanted.size === 0) return;
    const { url, scriptId, sourceMapURL = '' } = parameters as { url: string; scriptId: string; sourceMapURL?: string };
    const file = readableFile(url);
    if (this.#wanted.has(file)) this.#scripts.set(file, { scriptId, sourceMapURL });
  }
}
