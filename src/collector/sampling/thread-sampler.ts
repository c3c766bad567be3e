import { setTimeout } from 'node:timers/promises';
import type { CallFrame } from '../../profile/frame-name.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { ThreadMessage } from '../../protocol/thread-channel.js';
import type { ThreadDoors } from '../../protocol/thread-doors.js';
import { within } from '../../protocol/within.js';
import { OwnPauses } from '../inspector/own-pauses.js';
import type { Target } from '../inspector/target.js';
import type { ThreadChannel } from '../inspector/thread-channel.js';
import { LostContextError, RefusedCommandError, ThreadControl } from '../inspector/thread-control.js';
import { ThreadLabels } from '../labels/thread-labels.js';
import { CpuClock } from './cpu-clock.js';
import { Deliveries } from './deliveries.js';
import { Inbox } from './handle-rotation.js';
import type { TickOwners } from './inlining/tick-owners.js';
import { recompile } from './recompilation.js';
import type { FinishedWindow, Rotation } from './rotation.js';
import { RotationChoice } from './rotation-choice.js';
import { SampleRate } from './sample-rate.js';
import { SamplingTotals } from './sampling-totals.js';
import { StartGate } from './start-gate.js';
import { mayFollow, type ThreadState } from './thread-state.js';
import type { ThreadWindow } from './thread-window.js';
import { retryMs, Turn } from './turn.js';
import { WindowAccount } from './window-account.js';
import { WindowLength } from './window-length.js';
import { longestIdleMs, WindowPlan } from './window-plan.js';

export interface ThreadSamplerOptions {
  /** Empty for the main thread. */
  readonly threadName: string;
  /** Node's number of the thread. */
  readonly threadId: number;
  readonly sampleRate: number;
  readonly targetPauseMs: number;
  /** Whether Node itself uses V8's profiler in this process. */
  readonly isBesideNodesProfiler: boolean;
  /** Whether V8 is made to compile again what it had compiled before sampling began. */
  readonly recompiles: boolean;
  /** Capacity of the thread's ring of label switches, in words of 8 bytes. */
  readonly labelBufferWords: number;
  readonly channel: ThreadChannel;
  readonly doors: ThreadDoors;
  /** Where V8 does not know itself what is inlined. */
  readonly tickOwners: TickOwners | undefined;
  /** How long the whole process stood still between two moments, in microseconds. */
  readonly frozenMicros: (fromMicros: number, toMicros: number) => number;
  readonly onWindow: (window: ThreadWindow) => void;
  /** Those that V8's sampler has met in a window. */
  readonly onFunctions: (functions: Iterable<CallFrame>) => void;
  /** Nothing can be called in the thread any more; a window of its own may still run there. */
  readonly onUnreachable: () => void;
  /** Whether other threads, or people at a debugger, may have paused this one. */
  readonly mayBeDebugged: () => Promise<boolean>;
}

/** How many windows in a row without a single stack, of a thread that works, it takes for a sampler that stands still. */
const stuckWindows = 2;
/** What a thread has to have done since its last window, in milliseconds, for whoever terminates it to wait for another one. */
const leastLastMs = 1;
/** Until a command is tried again that the thread could not take yet, because Node was at its own beginning, in milliseconds. */
const beginRetryMs = 2;

/** A command fails when its thread ends meanwhile; the end of its session says so too, and counts what was lost. */
export function ignoreEndedThread(): void {}

/** Samples one thread: begins and ends its windows. */
export class ThreadSampler {
  readonly totals = new SamplingTotals();
  /** What the thread's label switches say about its samples. */
  readonly labels: ThreadLabels;
  readonly #target: Target;
  readonly #options: ThreadSamplerOptions;
  readonly #rate: SampleRate;
  readonly #account: WindowAccount;
  readonly #inbox: Inbox;
  /** One command of those that begin and end windows at a time. */
  readonly #turn = new Turn();
  readonly #deliveries: Deliveries;
  readonly #plan: WindowPlan;
  readonly #choice: RotationChoice;
  readonly #ownPauses: OwnPauses;
  /** Of a thread that waits until it is sampled. */
  readonly #gate = new StartGate();
  #state: ThreadState = { at: 'beginning' };
  /** In samples a second. */
  #rotationRate = 0;
  #control: ThreadControl | undefined;
  /** Whoever waits until the thread's door is shut goes before what there is to do with its windows. */
  #farewell: Promise<void> = Promise.resolve();
  #clock: CpuClock | undefined;

  constructor(target: Target, options: ThreadSamplerOptions) {
    const { threadName, threadId, channel, tickOwners, frozenMicros, onWindow, onFunctions } = options;
    this.#target = target;
    this.#options = options;
    this.labels = new ThreadLabels(options, this.totals);
    this.#rate = new SampleRate(options.sampleRate, options.targetPauseMs);
    this.#account = new WindowAccount({
      threadName,
      totals: this.totals,
      labels: this.labels,
      tickOwners,
      frozenMicros,
      onWindow,
      onFunctions,
    });
    this.#deliveries = new Deliveries(this.#account);
    this.#plan = new WindowPlan(threadName !== '', this.#account, this.#rate);
    this.#inbox = new Inbox(() => channel.receive());
    this.#choice = new RotationChoice(target, {
      channelName: channel.name,
      inbox: this.#inbox,
      events: { onInterrupted: () => this.#onInterrupted(), onLeaving: () => this.#onLeaving() },
      hindrance: options.isBesideNodesProfiler ? 'shared' : undefined,
    });
    this.#ownPauses = new OwnPauses(target, async () => {
      const control = await this.#anyControl();
      return !(await control.hasInspectorPort()) && !(await options.mayBeDebugged());
    });
    channel.listenTo(threadId, (message) => this.#onMessage(message));
    // The main thread has the process's number: its clock can be read while it lets nobody in.
    if (threadName === '') this.#watch(process.pid);
  }

  /** Empty for the main thread. */
  get threadName(): string {
    return this.#options.threadName;
  }

  /** Node's number of the thread. */
  get threadId(): number {
    return this.#options.threadId;
  }

  /** Whether the operating system tells the CPU time of this thread. */
  get hasClock(): boolean {
    return this.#account.hasClock;
  }

  get #isOver(): boolean {
    return this.#state.at === 'over';
  }

  start(): Promise<void> {
    return this.#turn.take(() => this.#begin().finally(() => this.#gate.open()));
  }

  async #begin(): Promise<void> {
    const control = await this.#insist(() => ThreadControl.attach(this.#target));
    const [thread] = await Promise.all([
      this.#insist(() => control.thread()),
      // Before the first sample, so that none is without its labels.
      this.#insist(() => this.labels.start(control)),
    ]);
    this.#control = control;
    this.#watch(thread.systemId);
    try {
      const attachedMicros = nowMicros();
      const state = await this.#insist(() => this.#startRotation(control));
      if (this.#isOver) throw new Error('the thread has ended');
      const { first } = state.rotation;
      // Neither did the thread begin by itself, nor has it waited for us with its first line.
      const isLate = first.startMicros >= attachedMicros && !this.#gate.isKept;
      this.totals.startPauseMs = first.pauseMs;
      this.totals.startedMicros = first.startMicros;
      this.#account.begin(first);
      this.#become(state);
      if (isLate && this.#options.recompiles) {
        this.totals.recompilations++;
        this.totals.recompilePauseMs = await recompile(this.#target);
      }
    } catch (error) {
      this.#clock?.close();
      throw error;
    }
  }

  #watch(systemId: number): void {
    this.#ownPauses.watch(systemId);
    if (this.#clock !== undefined) return;
    this.#clock = CpuClock.open(systemId);
    if (this.#clock !== undefined) this.#account.watch(this.#clock);
  }

  async #startRotation(control: ThreadControl): Promise<Extract<ThreadState, { at: 'sampling' }>> {
    const { perSecond, intervalMicros } = this.#rate;
    this.#rotationRate = perSecond;
    const rotation = await this.#choice.start(control, intervalMicros, this.#clock);
    const length = new WindowLength(rotation, intervalMicros, this.#options.targetPauseMs);
    return { at: 'sampling', rotation, length };
  }

  #become(following: ThreadState): void {
    // A thread may end at any time, and what was under way then has no say any more.
    if (mayFollow(this.#state, following)) this.#state = following;
  }

  #onMessage(message: ThreadMessage): void {
    if ('window' in message) {
      this.#inbox.put(message);
      if (message.lastNanos !== undefined) this.#onLeaving();
    } else if ('gate' in message) {
      this.#gate.keep(message.gate);
    } else if ('isTerminated' in message) {
      this.#takeLeave();
    } else {
      this.labels.take(message);
    }
  }

  /** Looks at the thread's clock. @returns whether the thread has worked since the last look. */
  look(): boolean {
    const hasWorked = this.#account.look(this.#periodNanos);
    if (!hasWorked) this.#ownPauses.look();
    return hasWorked;
  }

  /** Whether the thread's program has sessions with the inspector, or has opened a port for debuggers. */
  async usesInspector(): Promise<boolean> {
    const control = await this.#anyControl();
    return (await control.hasInspectorPort()) || (await control.hasSessions());
  }

  /** Also before sampling has begun. */
  async #anyControl(): Promise<ThreadControl> {
    return this.#control ?? ThreadControl.attach(this.#target);
  }

  /** Milliseconds until something has to be done, as far as can be known now: 0 or less when it has. */
  untilDueMs(): number {
    if (this.#turn.isTaken) return longestIdleMs;
    switch (this.#state.at) {
      case 'sampling':
        return Math.max(this.#turn.untilRetryMs, this.#plan.untilDueMs(this.#state.length));
      case 'restarting':
        return this.#turn.untilRetryMs;
      default:
        return longestIdleMs;
    }
  }

  /** Ends the window and begins the next. While the thread is blocked in native code the answer is late, not lost. */
  async rotate(): Promise<void> {
    if (this.#state.at === 'beginning') return;
    // A window that is being ended already may lack what was sampled since.
    await this.#turn.settled();
    await this.#turn.take(() => this.#rotate());
  }

  /** Whoever ends a window just now sees to what happened meanwhile. */
  #takeFreeTurn(work: () => Promise<void>): void {
    if (!this.#turn.isTaken) this.#turn.take(work).catch(ignoreEndedThread);
  }

  #onInterrupted(): void {
    if (this.#choice.isHindered) return;
    this.#choice.hinder('interrupted');
    this.#takeFreeTurn(() => this.#recover());
  }

  #onLeaving(): void {
    if (this.#state.at === 'sampling') this.#become({ at: 'leaving', rotation: this.#state.rotation });
    this.#takeFreeTurn(async () => {
      await this.#farewell;
      await this.#deliverLeftovers();
    });
  }

  /** The thread is about to be terminated, and whoever does that waits until its door is shut. */
  #takeLeave(): void {
    const { doors, threadId } = this.#options;
    this.#farewell = this.#askForLastWindow()
      .catch(ignoreEndedThread)
      .then(() => doors.shut(threadId));
  }

  /** Has the thread hand its last window over. If that fails, it counts as lost when the thread has ended. */
  async #askForLastWindow(): Promise<void> {
    if (this.#state.at !== 'sampling') return;
    const { rotation } = this.#state;
    this.#account.read();
    // Threads that have long been idle are what pools terminate.
    if (this.#account.busyMs < leastLastMs) this.#become({ at: 'leaving', rotation });
    else await rotation.leave();
  }

  /** What was sampled until the program ended the window is there; it only has to be fetched. */
  async #recover(): Promise<void> {
    await this.#deliverLeftovers();
    await this.#restart();
  }

  /** Ends the last window. It counts as lost when the thread does not answer for `patienceMs`. */
  async finish(patienceMs: number): Promise<void> {
    const isWhole = await within(
      patienceMs,
      this.#finish().then(
        () => true,
        () => false,
      ),
    );
    if (isWhole) return;
    this.abandon();
    // A window that was fetched, and waits for the thread to say what its labels are, goes without.
    await this.delivered();
  }

  /** Resolves when what has come has been delivered. */
  delivered(): Promise<void> {
    return this.#deliveries.settled();
  }

  /** The thread has ended, or does not answer. Its last window is lost, unless it was on its way already. */
  abandon(): void {
    if (this.#isOver) return;
    this.labels.abandon();
    let isWhole = this.#state.at !== 'sampling';
    for (let next = this.#leftover(); next !== undefined; next = this.#leftover()) {
      isWhole ||= next.lastNanos !== undefined;
      this.#deliver(next);
    }
    this.#close(isWhole);
  }

  async #finish(): Promise<void> {
    // A profile that begins after we have gone would run for ever.
    await this.#turn.settled();
    if (this.#state.at === 'sampling') {
      const { rotation } = this.#state;
      const finished = await this.#insist(() => rotation.finish());
      if (this.#isOver) return;
      this.totals.endPauseMs = finished?.pauseMs ?? 0;
      await this.#deliver(finished && { ...finished, isAwaited: true });
    }
    await this.#deliverLeftovers();
    if (this.#isOver) return;
    this.#close(true);
    await this.labels.stop();
  }

  /** Sends a command again and again while the thread is too deep in its stack for it, or too young. */
  async #insist<Result>(command: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await command();
      } catch (error) {
        if (this.#isOver || !(error instanceof RefusedCommandError)) throw error;
        await setTimeout(!this.#gate.isKept && this.#state.at === 'beginning' ? beginRetryMs : retryMs);
      }
    }
  }

  async #rotate(): Promise<void> {
    if (this.#state.at === 'restarting') await this.#startAnew();
    if (this.#state.at !== 'sampling') return;
    const { rotation, length } = this.#state;
    this.#account.read();
    const { busyMs } = this.#account;
    let isUnreachable = false;
    const finished = await this.#change(rotation).catch((error: Error) => {
      if (!(error instanceof LostContextError)) throw error;
      isUnreachable = true;
      return undefined;
    });
    if (this.#isOver) return;
    if (finished === undefined) {
      // A thread that is about to end has no context any more either, nor a window, for it has handed its windows over.
      await this.#deliverLeftovers();
      if (this.#state.at !== 'sampling') return;
    }
    if (isUnreachable) {
      this.#choice.hinder('unreachable');
      this.totals.lostContexts++;
      this.#options.onUnreachable();
    }
    const pauseMs = finished?.pauseMs ?? 0;
    const shortestMs = length.isShortest ? length.ms : undefined;
    if (finished !== undefined) {
      this.totals.addPause(pauseMs);
      length.learn(pauseMs, busyMs);
    }
    await this.#deliver(finished);
    await this.#deliverLeftovers();
    if (this.#state.at !== 'sampling') return;
    if (this.#choice.isDisturbed(rotation)) await this.#recover();
    else if (shortestMs !== undefined && rotation.isCheaperAtLowerRate && this.#rate.learn(pauseMs, busyMs, shortestMs))
      await this.#restart();
    else if (this.#account.emptyWindows >= stuckWindows || finished === undefined) await this.#restart();
  }

  /** Begins the next window and ends the one before. */
  async #change(rotation: Rotation): Promise<FinishedWindow | undefined> {
    const pauseMs = await rotation.next();
    if (pauseMs !== undefined) {
      this.totals.addPause(pauseMs);
      await setTimeout(this.#plan.overlapMs);
    }
    return this.#isOver ? undefined : rotation.end();
  }

  get #periodNanos(): number {
    return this.#rate.intervalMicros * 1000;
  }

  /** @param isWhole Whether the last window has come. */
  #close(isWhole: boolean): void {
    this.#become({ at: 'over' });
    this.#options.channel.forget(this.#options.threadId);
    this.#gate.open();
    this.#deliveries.end(isWhole, this.#periodNanos);
  }

  #leftover(): FinishedWindow | undefined {
    const handedOver = this.#inbox.take(0);
    if (handedOver !== undefined) return handedOver;
    return this.#state.at === 'sampling' || this.#state.at === 'leaving' ? this.#state.rotation.leftover() : undefined;
  }

  async #deliverLeftovers(): Promise<void> {
    for (let next = this.#leftover(); next !== undefined; next = this.#leftover()) await this.#deliver(next);
  }

  #deliver(finished: FinishedWindow | undefined): Promise<void> {
    return this.#deliveries.put(finished, this.#periodNanos);
  }

  async #restart(): Promise<void> {
    if (this.#state.at !== 'sampling') return;
    const isInterrupted = this.#choice.isDisturbed(this.#state.rotation);
    const isLowered = this.#rate.perSecond < this.#rotationRate;
    this.#become({ at: 'restarting' });
    this.totals.restarts++;
    if (isInterrupted) this.totals.interruptions++;
    else if (isLowered) this.totals.rateReductions++;
    if (isLowered) this.totals.lowestRate = this.#rate.perSecond;
    await this.#target.post('Profiler.disable');
    await this.#startAnew();
  }

  async #startAnew(): Promise<void> {
    if (this.#control === undefined) return;
    const state = await this.#startRotation(this.#control);
    if (this.#isOver) return;
    this.totals.addPause(state.rotation.first.pauseMs);
    this.#account.restart();
    this.#become(state);
  }
}
