import { threadId as ownThreadId } from 'node:worker_threads';
import type { CallFrame } from '../../profile/frame-name.js';
import type { Beginning } from '../../protocol/messages.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { ThreadMessage } from '../../protocol/thread-channel.js';
import { within } from '../../protocol/within.js';
import { MainTarget, type Target, WorkerTarget } from '../inspector/target.js';
import { ThreadChannel } from '../inspector/thread-channel.js';
import { Freezes } from './freezes.js';
import { TickOwners } from './inlining/tick-owners.js';
import { SamplingTotals } from './sampling-totals.js';
import { ignoreEndedThread, ThreadSampler, type ThreadSamplerOptions } from './thread-sampler.js';

/** What holds for every thread. */
export interface SamplerOptions
  extends Omit<
    ThreadSamplerOptions,
    | 'threadName'
    | 'threadId'
    | 'channel'
    | 'tickOwners'
    | 'frozenMicros'
    | 'onFunctions'
    | 'onUnreachable'
    | 'mayBeDebugged'
  > {
  /** Of the BroadcastChannel over which threads hand things over. */
  readonly channelName: string;
  readonly beginning: Beginning;
  /** Those that V8's sampler has met in the main thread. */
  readonly onMainFunctions: (functions: Iterable<CallFrame>) => void;
  /** Nothing can be called in the main thread any more through the inspector. */
  readonly onMainUnreachable: () => void;
}

/**
 * The time between two looks at the threads' clocks while one of them works, in milliseconds: a period, but no more often than
 * the kernel brings the clock up to date, nor less often than this; see ./cpu-timeline.ts.
 */
const leastLookMs = 5;
const mostLookMs = 10;
/** The same while none does. */
const restMs = 50;
/** How long label switches may pile up in a thread's ring, in milliseconds. */
const drainMs = 50;
/** Messages of threads that the inspector has not told of yet. */
const mostEarlyMessages = 1024;
/** How long a thread is waited for to say what it does with the inspector, in milliseconds. */
const inspectorUseMs = 2000;

/** Samples every thread of the application: the main thread, and worker threads as they come and go. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #main = new MainTarget();
  readonly #channel: ThreadChannel;
  readonly #mainSampler: ThreadSampler;
  /** By the id of the inspector's session with the thread. */
  readonly #workers = new Map<string, { target: WorkerTarget; sampler: ThreadSampler }>();
  /** Of threads that have ended, those whose last window is not delivered yet. */
  readonly #leaving = new Set<ThreadSampler>();
  readonly #endedThreads = new SamplingTotals();
  readonly #freezes = new Freezes();
  /** One for all threads: they run the same files. */
  readonly #tickOwners = TickOwners.forThisNode();
  #earlyMessages: ThreadMessage[] = [];
  /** The last answer of {@link #isInspected}. */
  #inspected: { readonly key: string; readonly answer: Promise<boolean> } | undefined;
  #knowsWorkers = false;
  #hasClock = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  #plannedMs = 0;
  readonly #lookMs: number;
  #drainedMicros = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#lookMs = Math.min(mostLookMs, Math.max(leastLookMs, 1000 / options.sampleRate));
    this.#channel = new ThreadChannel(options.channelName, (message) => this.#onStranger(message));
    this.#mainSampler = this.#newSampler(this.#main, 0, '');
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

  /** Of all threads, the main one first. */
  get targets(): readonly Target[] {
    return [this.#main, ...[...this.#workers.values()].map(({ target }) => target)];
  }

  get mainThread(): Target {
    return this.#main;
  }

  /** @throws when the main thread cannot be reached: no inspector in this build, or denied by the permission model. */
  async start(): Promise<void> {
    this.#main.connect();
    this.#tick();
    await this.#mainSampler.start().catch((error: Error) => {
      this.#stopTimer();
      throw error;
    });
    this.#hasClock = this.#mainSampler.hasClock;
    this.#main.onEvent((method, parameters) => this.#onEvent(method, parameters));
    await this.#main.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    this.#knowsWorkers = true;
    this.#options.doors.isAttended = true;
  }

  #newSampler(target: Target, threadId: number, threadName: string): ThreadSampler {
    const isMain = threadName === '';
    return new ThreadSampler(target, {
      ...this.#options,
      recompiles: this.#options.recompiles && !(isMain && this.#options.beginning === 'waited for'),
      threadId,
      threadName,
      channel: this.#channel,
      tickOwners: this.#tickOwners,
      frozenMicros: (from, to) => this.#freezes.between(from, to),
      onFunctions: isMain ? this.#options.onMainFunctions : () => {},
      onUnreachable: isMain ? this.#options.onMainUnreachable : () => {},
      mayBeDebugged: () => this.#isInspected(threadId),
    });
  }

  /**
   * Whether another thread than this one debugs, or has opened a port for debuggers. One that does not answer lets nobody go on either.
   * It is asked once for the same threads: a program that debugs itself pauses often.
   */
  #isInspected(threadId: number): Promise<boolean> {
    // Who is there is not known yet.
    if (!this.#knowsWorkers) return Promise.resolve(true);
    const others = this.#running().filter((sampler) => sampler.threadId !== threadId);
    const key = `${threadId} beside ${others.map((sampler) => sampler.threadId).join()}`;
    if (key !== this.#inspected?.key) {
      const uses = others.map((sampler) => within(inspectorUseMs, sampler.usesInspector()).catch(() => undefined));
      const answer = Promise.all(uses).then((all) => all.includes(true));
      this.#inspected = { key, answer };
    }
    return this.#inspected.answer;
  }

  /** Ends the windows of all threads, so that every sample up to now is delivered. */
  async rotate(): Promise<void> {
    await Promise.all(this.#running().map((sampler) => sampler.rotate().catch(ignoreEndedThread)));
  }

  /**
   * Ends sampling.
   * @param patienceMs How long a thread that is blocked in native code is waited for.
   * @param whileConnected What is to be done behind the last windows, as long as threads can be asked.
   */
  async finish(patienceMs: number, whileConnected: () => Promise<void>): Promise<void> {
    this.#stopTimer();
    await Promise.all(this.#running().map((sampler) => sampler.finish(patienceMs)));
    await Promise.all([...this.#leaving].map((sampler) => sampler.delivered()));
    await whileConnected();
    this.disconnect();
  }

  /** Ends sampling at once, without the last windows. */
  disconnect(): void {
    this.#stopTimer();
    this.#options.doors.isAttended = false;
    this.#channel.close();
    this.#freezes.close();
    this.#main.disconnect();
  }

  #stopTimer(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  totals(): SamplingTotals {
    const totals = new SamplingTotals();
    totals.frozenMicros = this.#freezes.totalMicros;
    totals.add(this.#endedThreads);
    for (const sampler of [...this.#running(), ...this.#leaving]) totals.add(sampler.totals);
    return totals;
  }

  #running(): ThreadSampler[] {
    return [this.#mainSampler, ...[...this.#workers.values()].map(({ sampler }) => sampler)];
  }

  #tick(): void {
    if (this.#isOver) return;
    const now = nowMicros();
    this.#freezes.look(now, this.#plannedMs);
    if (now - this.#drainedMicros >= drainMs * 1000) {
      this.#drainedMicros = now;
      for (const { labels } of this.#running()) labels.drain();
    }
    let isWorking = false;
    let untilDueMs = restMs;
    for (const sampler of this.#running()) {
      isWorking = sampler.look() || isWorking;
      if (sampler.untilDueMs() <= 0) sampler.rotate().catch(ignoreEndedThread);
      untilDueMs = Math.min(untilDueMs, sampler.untilDueMs());
    }
    this.#plannedMs = Math.max(1, Math.min(isWorking ? this.#lookMs : restMs, Math.ceil(untilDueMs)));
    this.#timer = setTimeout(() => this.#tick(), this.#plannedMs);
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

  /** A thread may hand something over before the inspector tells of it. */
  #onStranger(message: ThreadMessage): void {
    // Nothing of it has been sampled, or it has ended.
    if ('isTerminated' in message) this.#options.doors.shut(message.threadId);
    else if (this.#earlyMessages.length < mostEarlyMessages) this.#earlyMessages.push(message);
  }

  /**
   * @param title `[worker 2]` or `[worker 2] name`, with Node's `threadId`. The inspector's own `workerId` is another
   *   number: it counts workers in the order in which it meets them, which need not be that of their start.
   */
  #addWorker(sessionId: string, title: string): void {
    const [, id = '-1', name] = /^\[worker (\d+)\]\s*(.*)$/.exec(title) ?? [];
    const threadId = Number(id);
    // The collector's own thread.
    if (threadId === ownThreadId) return;
    // Nodes from 24 on give this name to those that have none.
    const isNamed = name !== undefined && name !== '' && name !== 'WorkerThread';
    const threadName = threadId === -1 ? title : isNamed ? `worker ${id} (${name})` : `worker ${id}`;
    const target = new WorkerTarget(this.#main, sessionId, threadId, this.#options.doors);
    const sampler = this.#newSampler(target, threadId, threadName);
    this.#workers.set(sessionId, { target, sampler });
    this.#channel.receive();
    this.#handOn(threadId);
    sampler.start().catch(ignoreEndedThread);
  }

  #handOn(threadId: number): void {
    const early = this.#earlyMessages;
    this.#earlyMessages = early.filter((message) => message.threadId !== threadId);
    for (const message of early) if (message.threadId === threadId) this.#channel.hand(message);
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
