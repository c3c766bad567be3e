import { readFileSync } from 'node:fs';
import type { Profile } from '../../profile/profile.js';
import { readCpuProfile } from '../../profile/read/cpu-profile.js';
import { BadInput } from '../bad-input.js';
import { InspectorSession, type OnEvent, type WorkerTarget } from './inspector-session.js';
import { isClosed, type OpenInspector } from './open-inspector.js';
import type { ProcessFacts } from './process-facts.js';
import { type SamplingOptions, ThreadSampling, within } from './thread-sampling.js';
import { stackOf, type ThreadStack } from './thread-stack.js';

/** How long a thread that is blocked in native code is waited for at the end. */
const patienceMs = 3000;
/** What is lost at most when the process is killed. */
const windowMs = 1000;
/** What an inspector takes to answer, or to close. */
const answerMs = 10_000;

export interface SampledThread {
  /** Empty for the main thread. */
  readonly name: string;
  /** With the label `thread` if it is no main thread; `undefined` when nothing came of it. */
  readonly profile: Profile | undefined;
  readonly startMs: number;
  /** Time at the end that is in no profile, at most; 0 when nothing is missing. */
  readonly missingMs: number;
  readonly problem: string | undefined;
}

export interface Sampled {
  readonly threads: readonly SampledThread[];
  /** `ended`: the process has ended, or is about to. */
  readonly outcome: 'whole' | 'ended';
  readonly startedMs: number;
  /** CPU time of the main thread meanwhile, as the system counts it; `undefined` when it does not. */
  readonly mainCpuNanos: number | undefined;
}

/** A process whose inspector we talk to. */
export class AttachedProcess {
  readonly #facts: ProcessFacts;
  readonly #inspector: OpenInspector;
  readonly #session: InspectorSession;
  #threads: ThreadSampling[] = [];
  #options: SamplingOptions | undefined;
  /** When a stack of each thread is wanted. */
  #stacks: Promise<ThreadStack>[] | undefined;
  #onMainEvent: OnEvent = () => {};
  readonly #over: Promise<void>;

  /**
   * What we opened is closed again also when this fails.
   * @throws BadInput when it cannot be reached, or is another process.
   */
  static async attach(facts: ProcessFacts, inspector: OpenInspector): Promise<AttachedProcess> {
    let process: AttachedProcess | undefined;
    let isOver: () => void = () => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    const session = await InspectorSession.connect(inspector.url, {
      onEvent: (method, parameters) => process?.takeMainEvent(method, parameters),
      onWorker: (worker) => process?.addWorker(worker),
      onProgramEnd: () => isOver(),
    }).catch(async (error: Error) => {
      if (inspector.isOurs) await closeInspector(inspector.url);
      throw new BadInput(`the inspector of process ${facts.pid}, at port ${inspector.port}: ${error.message}`);
    });
    process = new AttachedProcess(facts, inspector, session, over);
    try {
      await process.#greet();
    } catch (error) {
      const problem = await process.detach();
      if (problem === undefined || !(error instanceof BadInput)) throw error;
      throw new BadInput(`${error.message}; ${problem}`);
    }
    return process;
  }

  private constructor(facts: ProcessFacts, inspector: OpenInspector, session: InspectorSession, over: Promise<void>) {
    this.#facts = facts;
    this.#inspector = inspector;
    this.#session = session;
    this.#over = Promise.race([over, session.closed]);
  }

  takeMainEvent(method: string, parameters: Readonly<Record<string, unknown>>): void {
    this.#onMainEvent(method, parameters);
  }

  /** Makes sure that it is the process that was meant. */
  async #greet(): Promise<void> {
    const { pid } = this.#facts;
    let id: unknown;
    const asked = this.#evaluate('process.pid').then(
      (value) => {
        id = value;
      },
      () => {},
    );
    await within(answerMs, asked);
    if (id === undefined)
      throw new BadInput(`process ${pid} does not answer: it is blocked in native code, or has ended`);
    if (id !== pid) throw new BadInput(`the inspector at port ${this.#inspector.port} is not that of process ${pid}`);
    // Node waits at the end of the program for who has said that, and gives the last samples.
    await this.#session.post('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true }).catch(() => {});
  }

  /**
   * Samples all threads.
   * @param enough Settles when there are enough samples, such as by Ctrl-C.
   */
  async sample(options: SamplingOptions, enough: Promise<void>): Promise<Sampled> {
    const startedMs = Date.now();
    const cpuBefore = this.#mainCpuNanos();
    const main = new ThreadSampling('', this.#session);
    this.#onMainEvent = (method, { title, profile }) => {
      if (method === 'Profiler.consoleProfileFinished') main.addWindow(title, profile);
    };
    this.#threads = [main];
    this.#options = options;
    // A thread that is blocked in native code answers when that is over, or never.
    await Promise.race([main.start(options), this.#session.closed, enough]);
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }).catch(() => {});

    let mainCpuNanos = this.#cpuSince(cpuBefore);
    const timer = setInterval(() => {
      mainCpuNanos = this.#cpuSince(cpuBefore) ?? mainCpuNanos;
      for (const thread of this.#threads) thread.rotate();
    }, windowMs);
    const isOver = await Promise.race([this.#over.then(() => true), enough.then(() => false)]);
    clearInterval(timer);
    mainCpuNanos = this.#cpuSince(cpuBefore) ?? mainCpuNanos;
    await Promise.all(this.#threads.map((thread) => thread.finish(patienceMs)));
    return { threads: this.#threads.map(sampledThread), outcome: isOver ? 'ended' : 'whole', startedMs, mainCpuNanos };
  }

  /** What every thread does right now, the main one first. Worker threads of a main thread that is silent are not known. */
  async stacks(): Promise<readonly ThreadStack[]> {
    const session = this.#session;
    const stacks = [
      stackOf('', session, (listener) => {
        this.#onMainEvent = listener;
      }),
    ];
    this.#stacks = stacks;
    // Behind the main thread's own commands, so that those of an endless loop meet the loop.
    await within(
      answerMs,
      session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }).catch(() => {}),
    );
    return Promise.all(stacks);
  }

  /**
   * Leaves the process as it was before.
   * @returns what could not be undone, as a sentence.
   */
  async detach(): Promise<string | undefined> {
    const { port, isOurs } = this.#inspector;
    const isAnswered = await within(
      patienceMs,
      this.#session.post('NodeWorker.disable').catch(() => {}),
    );
    if (isOurs) {
      this.#evaluate(closing).catch(() => {});
      await within(isAnswered ? patienceMs : 0, this.#session.closed);
    }
    this.#session.disconnect();
    await within(1000, this.#session.closed);
    this.#session.destroy();
    if (!isOurs || (await isClosed(this.#facts, port))) return undefined;
    // Commands are carried out in their order, also when who sent them has gone.
    return `the inspector of process ${this.#facts.pid} is still open at port ${port}: its main thread is blocked in native code, and closes it when that is over`;
  }

  addWorker(worker: WorkerTarget): void {
    const [, id, name = ''] = /^\[worker (\d+)\]\s*(.*)$/.exec(worker.title) ?? [];
    // Nodes from 24 on give this name to those that have none.
    const isNamed = name !== '' && name !== 'WorkerThread';
    const title = id === undefined ? worker.title : isNamed ? `worker ${id} (${name})` : `worker ${id}`;
    this.#stacks?.push(
      stackOf(title, worker, (listener) => {
        worker.onEvent = listener;
      }),
    );
    if (this.#options === undefined) return;
    const thread = new ThreadSampling(title, worker);
    worker.onEvent = (method, { title, profile }) => {
      if (method === 'Profiler.consoleProfileFinished') thread.addWindow(title, profile);
    };
    this.#threads.push(thread);
    thread.start(this.#options);
  }

  async #evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#session.post('Runtime.evaluate', { expression, silent: true, returnByValue: true });
    return (result as { readonly value?: unknown } | undefined)?.value;
  }

  #cpuSince(before: number | undefined): number | undefined {
    const now = this.#mainCpuNanos();
    return now === undefined || before === undefined ? undefined : now - before;
  }

  /** The main thread has the id of its process. Source: proc(5), `schedstat`. */
  #mainCpuNanos(): number | undefined {
    const { pid } = this.#facts;
    try {
      const nanos = Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]);
      // A kernel without scheduler statistics has the file, and all zeros in it.
      return nanos > 0 ? nanos : undefined;
    } catch {
      return undefined;
    }
  }
}

const closing = `process.getBuiltinModule('node:inspector').close()`;

/** The other way, when the session that should have done it did not come about. */
async function closeInspector(url: string): Promise<void> {
  const events = { onEvent() {}, onWorker() {}, onProgramEnd() {} };
  const session = await InspectorSession.connect(url, events).catch(() => undefined);
  session?.post('Runtime.evaluate', { expression: closing }).catch(() => {});
  await within(patienceMs, session?.closed ?? Promise.resolve());
  session?.destroy();
}

function sampledThread({ threadName, windows, startMs, missingMs, problem }: ThreadSampling): SampledThread {
  const profile = windows.isEmpty ? undefined : readCpuProfile(windows.toJson());
  return { name: threadName, profile, startMs, missingMs, problem };
}
