import { toInteger } from '../../profile/integer.js';
import type { ProfileModel } from '../../profile/model.js';
import type { Profile } from '../../profile/profile.js';
import { type PushKind, type PushOptions, placeOf } from '../../protocol/push-settings.js';
import { within } from '../../protocol/within.js';
import type { ProfileSeries } from '../profiles/profile-series.js';
import { Delivery } from './delivery.js';
import { exchange } from './exchange.js';
import { messageOf } from './messages.js';
import { outcomeOf, secretsIn } from './outcome.js';
import { pause } from './pause.js';
import { LabelShape } from './shaped-profile.js';
import { Tally } from './tally.js';

/** The longest that a program waits for its first push, in milliseconds. */
const longestFirstMs = 5000;

export interface PusherOptions {
  readonly push: PushOptions;
  readonly sampleRate: number;
  readonly series: readonly ProfileSeries[];
  /** Aborted when sampling is about to end. */
  readonly ending: AbortSignal;
  /** Called when a figure has changed. */
  readonly onChange: () => void;
}

/** How far two readings of the system's clock may be off. */
const clockNanos = 10_000_000n;

/** Takes a profile of each kind at every interval, and sends it. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #tally: Tally;
  readonly #delivery: Delivery;
  readonly #shape = new LabelShape();
  /** When the last profile of each kind ended, in nanoseconds since 1970. */
  readonly #ends = new Map<PushKind, bigint>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #ended: Promise<void> | undefined;
  /** Profiles that are being taken. */
  #underWay = 0;
  #isOver = false;

  constructor(options: PusherOptions) {
    this.#options = options;
    const { target, headers, certificates, timeoutMs, queueBytes } = options.push;
    this.#tally = new Tally(placeOf(target.url), options.onChange);
    const secrets = secretsIn(headers, target.url);
    this.#delivery = new Delivery({
      queueBytes,
      tally: this.#tally,
      send: async (message, signal) =>
        outcomeOf(await exchange(message, certificates, timeoutMs, signal), target.protocol, secrets),
    });
  }

  get pushed(): number {
    return this.#tally.delivered;
  }

  get dropped(): number {
    return this.#tally.dropped;
  }

  get queued(): number {
    return this.#delivery.waiting;
  }

  /** For profiles. */
  comments(): string[] {
    return this.#tally.comments();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** After the end of sampling: sends what came since the last push, and what waits. Never rejects. */
  async finish(): Promise<void> {
    await this.#endOnce(({ kind, last }) => this.#send(kind, last));
  }

  /** While the program goes on: sends what came since the last push, and ends. Never rejects. */
  async stop(): Promise<void> {
    await this.#endOnce(({ kind, next }) => this.#send(kind, next));
  }

  /** One that the program has stopped is over at the program's end: its series are closed, and have nothing more to take. */
  #endOnce(sendLast: (series: ProfileSeries) => Promise<void>): Promise<void> {
    this.#ended ??= this.#end(sendLast);
    return this.#ended;
  }

  async #end(sendLast: (series: ProfileSeries) => Promise<void>): Promise<void> {
    const { push, series } = this.#options;
    const untilMs = performance.now() + push.flushMs;
    this.#stop.abort();
    let notBegun = series.length;
    const sendAll = async () => {
      await this.#running;
      notBegun = 0;
      await Promise.all(series.map(sendLast));
    };
    await within(push.flushMs, sendAll());
    this.#isOver = true;
    // The thread has not answered, or source maps are long.
    this.#tally.addDropped(this.#underWay + notBegun, 'not taken before the end');
    for (const { close } of series) close();
    await this.#delivery.flush(Math.max(0, untilMs - performance.now()));
  }

  /** Each kind by itself: what waits for a thread that is blocked, as a heap's profile does, holds none of the others back. */
  async #run(): Promise<void> {
    await Promise.all(this.#options.series.map((series) => this.#runSeries(series)));
  }

  async #runSeries({ kind, next }: ProfileSeries): Promise<void> {
    const { push, ending } = this.#options;
    const end = AbortSignal.any([ending, this.#stop.signal]);
    let dueMs = performance.now() + Math.min(push.intervalMs / 3, longestFirstMs);
    for (;;) {
      await pause(Math.max(0, dueMs - performance.now()), end);
      // What came since the last push comes with the last one.
      if (end.aborted) return;
      await this.#send(kind, next);
      dueMs = Math.max(dueMs + push.intervalMs, performance.now());
    }
  }

  /**
   * The profile, beginning where the last one of its kind has ended: both were cut at one moment, but the system's clock, which
   * has been read for each, tells milliseconds.
   */
  #abutting(kind: PushKind, profile: ProfileModel): ProfileModel {
    const beginning = BigInt(profile.timeNanos);
    const end = beginning + BigInt(profile.durationNanos);
    const lastEnd = this.#ends.get(kind) ?? 0n;
    this.#ends.set(kind, end);
    const overlap = lastEnd - beginning;
    if (overlap === 0n || overlap > clockNanos || overlap < -clockNanos || lastEnd > end) return profile;
    return { ...profile, timeNanos: toInteger(lastEnd), durationNanos: toInteger(end - lastEnd) };
  }

  /** One that cannot be had, as of a thread that is blocked, costs the others nothing. */
  async #send(kind: PushKind, take: () => Promise<Profile | undefined>): Promise<void> {
    const { push, sampleRate } = this.#options;
    const sinceMs = performance.now();
    this.#underWay++;
    try {
      const taken = await take();
      if (taken === undefined) return;
      const model = this.#shape.apply(this.#abutting(kind, taken.model));
      // An idle program has nothing to tell, and servers refuse empty profiles.
      if (model.samples.length === 0) return;
      const message = await messageOf(model, kind, sampleRate, push);
      if (this.#isOver) return;
      this.#delivery.add(message, sinceMs);
      this.#options.onChange();
    } catch (error) {
      if (this.#isOver) return;
      this.#tally.addDropped(1, `no ${kind} profile to be had`, error instanceof Error ? error.message : String(error));
    } finally {
      this.#underWay--;
    }
  }
}
