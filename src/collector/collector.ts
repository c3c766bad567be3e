import { join } from 'node:path';
import type { Profile } from '../profile/profile.js';
import { Accumulator, type ProfileKind } from './accumulator.js';
import { farewell, farewellWord } from './control.js';
import type { CollectorData, CollectorOptions, Request, Response } from './messages.js';
import { replaceFile } from './output-file.js';
import { type ProcessStatus, processStatusFileName } from './process-status.js';
import { Recording } from './recording.js';
import { Sampler } from './sampler.js';
import { SignalWatch } from './signals.js';
import type { CollectorStats } from './stats.js';
import { nowMicros } from './thread-sampler.js';

/** How old the profile on disk may be, in milliseconds. */
const checkpointMs = 5000;
const statusMs = 250;

interface Collection {
  readonly accumulator: Accumulator;
  readonly timer: NodeJS.Timeout;
}

/** The collector's thread: takes the windows of the sampler, serves who asks for profiles, and writes the run's file. */
export class Collector {
  readonly #port: CollectorData['port'];
  readonly #control: Int32Array;
  readonly #options: CollectorOptions;
  readonly #sampler: Sampler;
  readonly #signals = new SignalWatch(() => this.#finish());
  readonly #accumulators = new Set<Accumulator>();
  readonly #collections = new Map<number, Collection>();
  readonly #notices: string[] = [];
  #sinceTake: Accumulator | undefined;
  #recording: Recording | undefined;
  #timers: NodeJS.Timeout[] = [];
  #started: Promise<void> = Promise.resolve();
  #finishing: Promise<void> | undefined;
  #state: ProcessStatus['state'] = 'running';
  #reason = '';

  constructor({ port, control, options }: CollectorData) {
    this.#port = port;
    this.#control = new Int32Array(control);
    this.#options = options;
    this.#sampler = new Sampler({
      sampleRate: options.sampleRate,
      targetPauseMs: options.targetPauseMs,
      onWindow: (window) => {
        for (const accumulator of this.#accumulators) accumulator.add(window);
      },
    });
  }

  run(): void {
    this.#port.on('message', (request: Request) => this.#onRequest(request));
    this.#started = this.#start().catch((error: Error) => this.#giveUp(error.message));
  }

  async #start(): Promise<void> {
    const { output, keepForTake, durationSeconds, sessionFolder } = this.#options;
    if (keepForTake) this.#sinceTake = this.#newAccumulator('cpu', nowMicros());
    if (output !== undefined) {
      const accumulator = this.#newAccumulator('cpu', nowMicros());
      this.#recording = new Recording(
        output,
        () => this.#sampler.stats().samples,
        () => this.#build(accumulator),
      );
    }
    await this.#sampler.start();
    if (!this.#signals.start())
      this.#notices.push('signals cannot be seen on this Node: a signal may cost the last 5 s');
    this.#send({ type: 'started' });
    const every = (ms: number, action: () => void) => this.#timers.push(setInterval(action, ms));
    if (output !== undefined) every(checkpointMs, () => this.#checkpoint());
    if (sessionFolder !== undefined) {
      this.#writeStatus(sessionFolder);
      every(statusMs, () => this.#writeStatus(sessionFolder));
    }
    if (durationSeconds !== undefined) {
      this.#timers.push(setTimeout(() => this.#finish().then(() => this.#close()), durationSeconds * 1000));
    }
  }

  #onRequest(request: Request): void {
    switch (request.type) {
      case 'exit':
        this.#finish().finally(() => this.#sayFarewell());
        break;
      case 'stats':
        this.#send({ type: 'answer', id: request.id, stats: this.#stats() });
        break;
      case 'collect':
        this.#collect(request.id, request.kind, request.seconds);
        break;
      case 'cancel':
        this.#cancel(request.collect);
        break;
      case 'take':
        this.#answer(request.id, this.#take());
        break;
      case 'stop':
        this.#answer(request.id, this.#stop()).then(() => this.#close());
        break;
    }
  }

  /** Ends sampling and writes the run's profile. The farewell and the signals share one end. */
  #finish(): Promise<void> {
    this.#finishing ??= this.#finishOnce();
    return this.#finishing;
  }

  async #finishOnce(): Promise<void> {
    await this.#started;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#state === 'running') {
      await this.#sampler.finish();
      this.#signals.stop();
      this.#state = 'finished';
      await this.#recording?.write().catch((error: Error) => this.#notices.push(error.message));
    }
    if (this.#options.sessionFolder !== undefined) this.#writeStatus(this.#options.sessionFolder);
  }

  #sayFarewell(): void {
    Atomics.store(this.#control, farewellWord, farewell.done);
    Atomics.notify(this.#control, farewellWord);
  }

  /** Sampling is not possible: the program goes on without. */
  #giveUp(reason: string): void {
    this.#state = 'unavailable';
    this.#reason = reason;
    this.#send({ type: 'unavailable', reason });
  }

  #close(): void {
    this.#sayFarewell();
    this.#port.close();
  }

  async #take(): Promise<Profile> {
    const accumulator = this.#sinceTake;
    if (accumulator === undefined) throw new Error('nothing is kept for take()');
    const now = nowMicros();
    accumulator.endAt(now);
    this.#sinceTake = this.#newAccumulator('cpu', now);
    await this.#sampler.rotate();
    this.#accumulators.delete(accumulator);
    return this.#build(accumulator);
  }

  async #stop(): Promise<Profile> {
    await this.#finish();
    const accumulator = this.#sinceTake;
    if (accumulator === undefined) throw new Error('nothing is kept for stop()');
    return this.#build(accumulator);
  }

  #collect(id: number, kind: ProfileKind, seconds: number): void {
    const accumulator = this.#newAccumulator(kind, nowMicros());
    const timer = setTimeout(() => this.#answer(id, this.#endCollection(id)), seconds * 1000);
    this.#collections.set(id, { accumulator, timer });
  }

  async #endCollection(id: number): Promise<Profile> {
    const collection = this.#collections.get(id);
    if (collection === undefined) throw new Error('no such collection');
    this.#collections.delete(id);
    collection.accumulator.endAt(nowMicros());
    await this.#sampler.rotate();
    this.#accumulators.delete(collection.accumulator);
    return this.#build(collection.accumulator);
  }

  #cancel(id: number): void {
    const collection = this.#collections.get(id);
    if (collection === undefined) return;
    clearTimeout(collection.timer);
    this.#collections.delete(id);
    this.#accumulators.delete(collection.accumulator);
  }

  #newAccumulator(kind: ProfileKind, fromMicros: number): Accumulator {
    const accumulator = new Accumulator({ kind, sampleRate: this.#options.sampleRate, fromMicros });
    this.#accumulators.add(accumulator);
    return accumulator;
  }

  #build(accumulator: Accumulator): Profile {
    return accumulator.build(nowMicros(), this.#comments());
  }

  #comments(): string[] {
    const stats = this.#stats();
    return [`node ${process.version}`, `sampled at ${stats.sampleRate} Hz`];
  }

  #stats(): CollectorStats {
    let otherSamples = 0;
    for (const accumulator of this.#accumulators) otherSamples = Math.max(otherSamples, accumulator.otherSamples);
    return { ...this.#sampler.stats(), otherSamples };
  }

  #checkpoint(): void {
    this.#recording?.checkpoint().catch((error: Error) => this.#notices.push(error.message));
  }

  #writeStatus(folder: string): void {
    const stats = this.#stats();
    const status: ProcessStatus = {
      version: 1,
      pid: process.pid,
      ppid: process.ppid,
      name: this.#options.processName,
      argv: this.#options.argv,
      output: this.#options.output?.path ?? '',
      state: this.#state,
      ...(this.#state === 'unavailable' ? { reason: this.#reason } : {}),
      elapsedMs: stats.elapsedMs,
      samples: stats.samples,
      cpuNanos: stats.cpuNanos,
      windows: stats.windows,
      lost: { windows: stats.lostWindows, otherSamples: stats.otherSamples, restarts: stats.restarts },
      longestPauseMs: stats.longestPauseMs,
      notices: this.#notices,
    };
    replaceFile(join(folder, processStatusFileName(process.pid)), JSON.stringify(status));
  }

  async #answer(id: number, profile: Promise<Profile>): Promise<void> {
    try {
      this.#send({ type: 'answer', id, profile: await (await profile).encode() });
    } catch (error) {
      this.#send({ type: 'failure', id, message: String(error) });
    }
  }

  #send(response: Response): void {
    this.#port.postMessage(response);
  }
}
