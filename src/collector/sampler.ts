import { threadId } from 'node:worker_threads';
import { MainTarget, WorkerTarget } from './inspector-client.js';
import type { CollectorStats } from './stats.js';
import { nowMicros, ThreadSampler } from './thread-sampler.js';
import type { ThreadWindow } from './thread-window.js';

export interface SamplerOptions {
  readonly sampleRate: number;
  readonly targetPauseMs: number;
  readonly onWindow: (window: ThreadWindow) => void;
}

/** How often the threads' clocks are read, in milliseconds. */
const tickMs = 20;

/** Samples every thread of the application: the main thread, and worker threads as they come and go. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #main = new MainTarget();
  readonly #mainSampler: ThreadSampler;
  /** By the id of the inspector's session with the thread. */
  readonly #workers = new Map<string, { target: WorkerTarget; sampler: ThreadSampler }>();
  readonly #ended: ThreadSampler[] = [];
  #timer: NodeJS.Timeout | undefined;
  startMicros = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#mainSampler = new ThreadSampler(this.#main, { ...options, threadName: '' });
  }

  /** @throws when the main thread cannot be reached: no inspector in this build, or denied by the permission model. */
  async start(): Promise<void> {
    this.#main.connect();
    await this.#mainSampler.start();
    this.startMicros = nowMicros();
    this.#main.onEvent((method, parameters) => this.#onEvent(method, parameters));
    this.#timer = setInterval(() => this.#tick(), tickMs);
    await this.#main.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** Ends the windows of all threads, so that every sample up to now is delivered. */
  async rotate(): Promise<void> {
    await Promise.all(this.#running().map((sampler) => sampler.rotate().catch(() => {})));
  }

  async finish(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running().map((sampler) => sampler.finish().catch(() => sampler.abandon())));
    this.#main.disconnect();
  }

  stats(): Omit<CollectorStats, 'otherSamples'> {
    const all = [this.#mainSampler, ...this.#ended, ...[...this.#workers.values()].map(({ sampler }) => sampler)];
    const sum = (of: (sampler: ThreadSampler) => number) => all.reduce((total, sampler) => total + of(sampler), 0);
    return {
      sampleRate: this.#options.sampleRate,
      elapsedMs: this.startMicros === 0 ? 0 : Math.round((nowMicros() - this.startMicros) / 1000),
      samples: sum((sampler) => sampler.samples),
      idleSamples: sum((sampler) => sampler.idleSamples),
      cpuNanos: sum((sampler) => sampler.cpuNanos),
      cpuSource: this.#mainSampler.cpuSource,
      runQueueWaitNanos: sum((sampler) => sampler.runQueueWaitNanos),
      windows: sum((sampler) => sampler.windows),
      lostWindows: sum((sampler) => sampler.lostWindows),
      restarts: sum((sampler) => sampler.restarts),
      longestPauseMs: Math.max(...all.map((sampler) => sampler.longestPauseMs)),
      totalPauseMs: sum((sampler) => sampler.totalPauseMs),
      threads: this.#running().length,
    };
  }

  #running(): ThreadSampler[] {
    return [this.#mainSampler, ...[...this.#workers.values()].map(({ sampler }) => sampler)];
  }

  #tick(): void {
    for (const sampler of this.#running()) {
      // A command fails when its thread ends meanwhile, which its session's end tells about.
      if (sampler.isDue()) sampler.rotate().catch(() => {});
    }
  }

  #onEvent(method: string, parameters: Record<string, unknown>): void {
    const sessionId = String(parameters.sessionId);
    if (method === 'NodeWorker.attachedToWorker') {
      const { workerId } = parameters.workerInfo as { workerId: string };
      if (workerId !== String(threadId)) this.#addWorker(sessionId, workerId);
    } else if (method === 'NodeWorker.receivedMessageFromWorker') {
      this.#workers.get(sessionId)?.target.receive(String(parameters.message));
    } else if (method === 'NodeWorker.detachedFromWorker') {
      this.#removeWorker(sessionId);
    }
  }

  #addWorker(sessionId: string, workerId: string): void {
    const target = new WorkerTarget(this.#main, sessionId);
    const sampler = new ThreadSampler(target, { ...this.#options, threadName: `worker ${workerId}` });
    this.#workers.set(sessionId, { target, sampler });
    // A thread that ends at once leaves nothing to sample.
    sampler.start().catch(() => {});
  }

  #removeWorker(sessionId: string): void {
    const worker = this.#workers.get(sessionId);
    if (worker === undefined) return;
    this.#workers.delete(sessionId);
    worker.target.abandon();
    worker.sampler.abandon();
    this.#ended.push(worker.sampler);
  }
}
