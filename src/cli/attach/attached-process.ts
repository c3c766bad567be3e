import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../protocol/within.js';
import { BadInput } from '../bad-input.js';
import { closeInspector, closing } from './close-inspector.js';
import { InspectorSession, type OnEvent, type WorkerTarget } from './inspector-session.js';
import { isClosed, type OpenInspector } from './open-inspector.js';
import { isAlive, type ProcessFacts } from './process-facts.js';
import { SilentProcess } from './silent-process.js';
import type { MakeCollector, ThreadCollector } from './thread-collector.js';
import { stackOf, type ThreadStack } from './thread-stack.js';

/** How long a thread that is blocked in native code is waited for at the end. */
const patienceMs = 3000;
const tickMs = 250;
/** What an inspector takes to answer. */
const answerMs = 10_000;

/** What the threads were looked at for. */
export interface Collected<Collector extends ThreadCollector> {
  /** The main one first. */
  readonly threads: readonly Collector[];
  /** `ended`: the process has ended, or is about to; `closed`: something in it has closed its inspector. */
  readonly outcome: 'whole' | 'ended' | 'closed';
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** CPU time of the main thread meanwhile, as the system counts it; `undefined` when it does not. */
  readonly mainCpuNanos: number | undefined;
}

/** A process whose inspector we talk to. */
export class AttachedProcess {
  readonly #facts: ProcessFacts;
  readonly #inspector: OpenInspector;
  readonly #session: InspectorSession;
  #onNewWorker: (title: string, worker: WorkerTarget) => void = () => {};
  #onMainEvent: OnEvent = () => {};
  /** What could not be undone in workers of a cluster. */
  readonly #workersClosed: Promise<readonly string[]>;
  /** Settles when the program is over, or the connection. */
  readonly #over: Promise<void>;
  #isProgramOver = false;
  #onProgramOver: () => void = () => {};

  /**
   * What we opened is closed again also when this fails.
   * @param silenceMs How long its main thread has to answer.
   * @throws BadInput when it cannot be reached, or is another process; {@link SilentProcess} when its main thread does not answer.
   */
  static async attach(
    facts: ProcessFacts,
    inspector: OpenInspector,
    silenceMs: number = answerMs,
  ): Promise<AttachedProcess> {
    let process: AttachedProcess | undefined;
    const session = await InspectorSession.connect(inspector.url, {
      onEvent: (method, parameters) => process?.takeMainEvent(method, parameters),
      onWorker: (worker) => process?.addWorker(worker),
      onProgramEnd: () => process?.endOfProgram(),
    }).catch(async (error: Error) => {
      if (inspector.isOurs) await closeInspector(inspector.url);
      await inspector.workers?.close();
      throw new BadInput(`the inspector of process ${facts.pid}, at port ${inspector.port}: ${error.message}`);
    });
    process = new AttachedProcess(facts, inspector, session);
    try {
      await process.#greet(silenceMs);
    } catch (error) {
      const problem = await process.detach();
      if (problem === undefined || !(error instanceof BadInput)) throw error;
      const message = `${error.message}; ${problem}`;
      throw error instanceof SilentProcess ? new SilentProcess(message) : new BadInput(message);
    }
    return process;
  }

  private constructor(facts: ProcessFacts, inspector: OpenInspector, session: InspectorSession) {
    this.#facts = facts;
    this.#inspector = inspector;
    this.#session = session;
    // At once: they are open for as short as can be.
    this.#workersClosed = inspector.workers?.close() ?? Promise.resolve([]);
    const over = new Promise<void>((resolve) => {
      this.#onProgramOver = resolve;
    });
    this.#over = Promise.race([over, session.closed]);
  }

  endOfProgram(): void {
    this.#isProgramOver = true;
    this.#onProgramOver();
  }

  takeMainEvent(method: string, parameters: Readonly<Record<string, unknown>>): void {
    this.#onMainEvent(method, parameters);
  }

  /** Makes sure that it is the process that was meant. */
  async #greet(silenceMs: number): Promise<void> {
    const { pid } = this.#facts;
    let id: unknown;
    const asked = this.#evaluate('process.pid').then(
      (value) => {
        id = value;
      },
      () => {},
    );
    await within(silenceMs, asked);
    if (id === undefined) {
      if (!isAlive(this.#facts)) throw new BadInput(`process ${pid} has ended`);
      throw new SilentProcess(`process ${pid} does not answer: its main thread is blocked in native code`);
    }
    if (id !== pid) throw new BadInput(`the inspector at port ${this.#inspector.port} is not that of process ${pid}`);
    // Node waits at the end of the program for who has said that, and gives the last samples.
    await this.#session.post('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true }).catch(() => {});
  }

  /**
   * Looks at all threads for a while.
   * @param enough Settles when that is enough, such as by Ctrl-C.
   */
  async collect<Collector extends ThreadCollector>(
    make: MakeCollector<Collector>,
    enough: Promise<void>,
    onTick: (threads: readonly Collector[]) => void = () => {},
  ): Promise<Collected<Collector>> {
    const startedMs = Date.now();
    const cpuBefore = this.#mainCpuNanos();
    const main = make('', this.#session);
    const threads = [main];
    this.#onMainEvent = (method, params) => main.take(method, params);
    this.#onNewWorker = (title, worker) => {
      const thread = make(title, worker);
      worker.onEvent = (method, params) => thread.take(method, params);
      threads.push(thread);
      thread.start();
    };
    // A thread that is blocked in native code answers when that is over, or never.
    await Promise.race([main.start(), this.#session.closed, enough]);
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }).catch(() => {});

    let mainCpuNanos = this.#cpuSince(cpuBefore);
    const timer = setInterval(() => {
      mainCpuNanos = this.#cpuSince(cpuBefore) ?? mainCpuNanos;
      for (const thread of threads) thread.tick();
      onTick(threads);
    }, tickMs);
    const isOver = await Promise.race([this.#over.then(() => true), enough.then(() => false)]);
    clearInterval(timer);
    mainCpuNanos = this.#cpuSince(cpuBefore) ?? mainCpuNanos;
    this.#onNewWorker = () => {};
    await Promise.all(threads.map((thread) => thread.finish()));
    return { threads, outcome: isOver ? await this.#ending() : 'whole', startedMs, mainCpuNanos };
  }

  /** Why is the connection no more, or about to be no more? */
  async #ending(): Promise<'ended' | 'closed'> {
    if (this.#isProgramOver) return 'ended';
    // One that was killed is there for a moment yet.
    for (let tries = 0; tries < 50; tries++) {
      if (!isAlive(this.#facts)) return 'ended';
      await delay(20);
    }
    return 'closed';
  }

  /** What every thread does right now, the main one first. Worker threads of a main thread that is silent are not known. */
  async stacks(): Promise<readonly ThreadStack[]> {
    const session = this.#session;
    const stacks = [
      stackOf('', session, (listener) => {
        this.#onMainEvent = listener;
      }),
    ];
    this.#onNewWorker = (title, worker) => {
      stacks.push(
        stackOf(title, worker, (listener) => {
          worker.onEvent = listener;
        }),
      );
    };
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
      this.#session.post('NodeWorker.disable').then(
        () => true,
        () => true,
      ),
    );
    if (isOurs) {
      this.#evaluate(closing).catch(() => {});
      await within(isAnswered ? patienceMs : 0, this.#session.closed);
    }
    this.#session.disconnect();
    await within(1000, this.#session.closed);
    this.#session.destroy();
    const problems = [...(await this.#workersClosed)];
    if (isOurs && !(await isClosed(this.#facts, port))) problems.unshift(stillOpen(this.#facts, port));
    return problems.length === 0 ? undefined : problems.join('; ');
  }

  addWorker(worker: WorkerTarget): void {
    const [, id, name = ''] = /^\[worker (\d+)\]\s*(.*)$/.exec(worker.title) ?? [];
    // Nodes from 24 on give this name to those that have none.
    const isNamed = name !== '' && name !== 'WorkerThread';
    const title = id === undefined ? worker.title : isNamed ? `worker ${id} (${name})` : `worker ${id}`;
    this.#onNewWorker(title, worker);
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

/** Commands are carried out in their order, also when who sent them has gone. */
function stillOpen({ pid }: ProcessFacts, port: number): string {
  return `the inspector of process ${pid} is still open at port ${port}: its main thread is blocked in native code, and closes it when that is over`;
}
