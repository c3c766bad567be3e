import { threadId } from 'node:worker_threads';
import { MainTarget, type Target, WorkerTarget } from '../inspector/target.js';
import { LabelChannel } from '../labels/label-channel.js';
import { SamplingTotals } from './sampling-totals.js';
import { ignoreEndedThread, ThreadSampler, type ThreadSamplerOptions } from './thread-sampler.js';

/** What holds for every thread. */
export type SamplerOptions = Omit<ThreadSamplerOptions, 'threadName' | 'labelChannel'>;

/** The shortest time between two looks at the threads' clocks, in milliseconds. */
const tickMs = 10;
/** How long label switches may pile up in a thread's ring, in milliseconds. */
const drainMs = 50;

/** Samples every thread of the application: the main thread, and worker threads as they come and go. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #main = new MainTarget();
  readonly #labelChannel = new LabelChannel();
  readonly #mainSampler: ThreadSampler;
  /** By the id of the inspector's session with the thread. */
  readonly #workers = new Map<string, { target: WorkerTarget; sampler: ThreadSampler }>();
  /** Of threads that have ended, those whose last window is not delivered yet. */
  readonly #leaving = new Set<ThreadSampler>();
  readonly #endedThreads = new SamplingTotals();
  #hasClock = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#mainSampler = this.#newSampler(this.#main, '');
  }

  /** Whether CPU time is the operating system's; otherwise it is the number of samples times the period. */
  get hasClock(): boolean {
    return this.#hasClock;
  }

  /** Threads being sampled now. */
  get threads(): number {
    return this.#running().length;
  }

  get threadNames(): string[] {
    return this.#running().map(({ threadName }) => threadName || 'main');
  }

  get mainThread(): Target {
    return this.#main;
  }

  /** @throws when the main thread cannot be reached: no inspector in this build, or denied by the permission model. */
  async start(): Promise<void> {
    this.#main.connect();
    await this.#mainSampler.start();
    this.#hasClock = this.#mainSampler.hasClock;
    this.#main.onEvent((method, parameters) => this.#onEvent(method, parameters));
    this.#tick();
    this.#drainTimer = setInterval(() => this.#drain(), drainMs);
    await this.#main.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  #newSampler(target: Target, threadName: string): ThreadSampler {
    return new ThreadSampler(target, { ...this.#options, threadName, labelChannel: this.#labelChannel });
  }

  /** Ends the windows of all threads, so that every sample up to now is delivered. */
  async rotate(): Promise<void> {
    await Promise.all(this.#running().map((sampler) => sampler.rotate().catch(ignoreEndedThread)));
  }

  /**
   * Ends sampling.
   * @param patienceMs How long a thread that is blocked in native code is waited for.
   */
  async finish(patienceMs: number): Promise<void> {
    this.#stopTimers();
    await Promise.all(this.#running().map((sampler) => sampler.finish(patienceMs)));
    this.disconnect();
  }

  /** Ends sampling at once, without the last windows. */
  disconnect(): void {
    this.#stopTimers();
    this.#labelChannel.close();
    this.#main.disconnect();
  }

  #stopTimers(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#drainTimer);
  }

  totals(): SamplingTotals {
    const totals = new SamplingTotals();
    totals.add(this.#endedThreads);
    for (const sampler of [...this.#running(), ...this.#leaving]) totals.add(sampler.totals);
    return totals;
  }

  #running(): ThreadSampler[] {
    return [this.#mainSampler, ...[...this.#workers.values()].map(({ sampler }) => sampler)];
  }

  #tick(): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    let untilDueMs = Number.POSITIVE_INFINITY;
    for (const sampler of this.#running()) {
      if (sampler.untilDueMs() <= 0) {
        sampler
          .rotate()
          .catch(ignoreEndedThread)
          // While a window is being ended nobody knows when the next one will be due.
          .then(() => this.#tick());
      }
      untilDueMs = Math.min(untilDueMs, sampler.untilDueMs());
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(tickMs, untilDueMs));
  }

  #drain(): void {
    for (const { labels } of this.#running()) labels.drain();
  }

  #onEvent(method: string, parameters: Record<string, unknown>): void {
    const sessionId = String(parameters.sessionId);
    if (method === 'NodeWorker.attachedToWorker') {
      const { title } = parameters.workerInfo as { title: string };
      this.#addWorker(sessionId, title);
    } else if (method === 'NodeWorker.receivedMessageFromWorker') {
      this.#workers.get(sessionId)?.target.receive(String(parameters.message));
    } else if (method === 'NodeWorker.detachedFromWorker') {
      this.#removeWorker(sessionId);
    }
  }

  /**
   * @param title `[worker 2]` or `[worker 2] name`, with Node's `threadId`. The inspector's own `workerId` is another
   *   number: it counts workers in the order in which it meets them, which need not be that of their start.
   */
  #addWorker(sessionId: string, title: string): void {
    const [, id, name] = /^\[worker (\d+)\]\s*(.*)$/.exec(title) ?? [];
    // The collector's own thread.
    if (id === String(threadId)) return;
    // Nodes from 24 on give this name to those that have none.
    const isNamed = name !== undefined && name !== '' && name !== 'WorkerThread';
    const threadName = id === undefined ? title : isNamed ? `worker ${id} (${name})` : `worker ${id}`;
    const target = new WorkerTarget(this.#main, sessionId);
    const sampler = this.#newSampler(target, threadName);
    this.#workers.set(sessionId, { target, sampler });
    sampler.start().catch(ignoreEndedThread);
  }

  #removeWorker(sessionId: string): void {
    const worker = this.#workers.get(sessionId);
    if (worker === undefined) return;
    this.#workers.delete(sessionId);
    worker.target.abandon();
    worker.sampler.abandon();
    this.#leaving.add(worker.sampler);
    worker.sampler.delivered().then(() => {
      this.#leaving.delete(worker.sampler);
      this.#endedThreads.add(worker.sampler.totals);
    });
  }
}
