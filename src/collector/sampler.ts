import { threadId } from 'node:worker_threads';
import { MainTarget, type Target, WorkerTarget } from './inspector-client.js';
import { SamplingTotals } from './sampling-totals.js';
import { ThreadSampler } from './thread-sampler.js';
import type { ThreadWindow } from './thread-window.js';

export interface SamplerOptions {
  readonly sampleRate: number;
  readonly targetPauseMs: number;
  /** Whether Node itself uses V8's profiler in this process. */
  readonly isBesideNodesProfiler: boolean;
  readonly onWindow: (window: ThreadWindow) => void;
}

/** The shortest time between two looks at the threads' clocks, in milliseconds. */
const tickMs = 10;

/** Samples every thread of the application: the main thread, and worker threads as they come and go. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #main = new MainTarget();
  readonly #mainSampler: ThreadSampler;
  /** By the id of the inspector's session with the thread. */
  readonly #workers = new Map<string, { target: WorkerTarget; sampler: ThreadSampler }>();
  readonly #endedThreads = new SamplingTotals();
  #hasClock = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#mainSampler = new ThreadSampler(this.#main, { ...options, threadName: '' });
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
    await this.#main.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
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
    clearTimeout(this.#timer);
    await Promise.all(this.#running().map((sampler) => sampler.finish(patienceMs)));
    this.#main.disconnect();
  }

  totals(): SamplingTotals {
    const totals = new SamplingTotals();
    totals.add(this.#endedThreads);
    for (const sampler of this.#running()) totals.add(sampler.totals);
    return totals;
  }

  #running(): ThreadSampler[] {
    return [this.#mainSampler, ...[...this.#workers.values()].map(({ sampler }) => sampler)];
  }

  #tick(): void {
    let untilDueMs = Number.POSITIVE_INFINITY;
    for (const sampler of this.#running()) {
      if (sampler.untilDueMs() <= 0) sampler.rotate().catch(ignoreEndedThread);
      untilDueMs = Math.min(untilDueMs, sampler.untilDueMs());
    }
    this.#timer = setTimeout(() => this.#tick(), Math.max(tickMs, untilDueMs));
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
    const sampler = new ThreadSampler(target, { ...this.#options, threadName });
    this.#workers.set(sessionId, { target, sampler });
    sampler.start().catch(ignoreEndedThread);
  }

  #removeWorker(sessionId: string): void {
    const worker = this.#workers.get(sessionId);
    if (worker === undefined) return;
    this.#workers.delete(sessionId);
    worker.target.abandon();
    worker.sampler.abandon();
    this.#endedThreads.add(worker.sampler.totals);
  }
}

/** A command fails when its thread ends meanwhile; the end of its session says so too, and counts what was lost. */
function ignoreEndedThread(): void {}
