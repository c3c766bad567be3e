import {
  type Definitions,
  type LabelMessage,
  type Labels,
  labelProtocolVersion,
  labelStateKey,
  type SwitchReader,
  type SwitchRing,
  tagMask,
} from '../labels/protocol.js';
import type { Target } from './inspector-client.js';
import type { LabelChannel } from './label-channel.js';
import { type InForce, LabelTimeline } from './label-timeline.js';
import { nowMicros } from './monotonic-clock.js';
import type { SamplingTotals } from './sampling-totals.js';
import { callOn, controlUrl, RefusedCommandError } from './thread-control.js';
import type { WindowSample } from './window.js';

/** What a sample carries when its labels are not known. */
export const unknownLabels: Labels = { 'profbuf.labels': 'lost' };

/** How long a reading of the thread's clock counts, in microseconds: then it is asked for another, as long as labels are used. */
const clockMicros = 10e6;

/** Definitions kept: some threads use a few sets all the time, others never use one again. */
const mostKnown = 1024;

/** Runs on the application's thread, once. The package's own code may not be loaded there yet, or never. */
const controlScript = `(() => {
  const key = Symbol.for('${labelStateKey}');
  let state = globalThis[key];
  if (state === undefined) {
    state = { version: ${labelProtocolVersion} };
    Object.defineProperty(globalThis, key, { value: state, configurable: true, enumerable: false });
  }
  return {
    read(reader) {
      if (state.version !== ${labelProtocolVersion}) return false;
      state.reader = reader;
      state.implementation?.readerChanged();
      return true;
    },
    define(tags) {
      return state.implementation?.define(tags);
    }
  };
})()
//# sourceURL=${controlUrl}
`;

export interface ThreadLabelsOptions {
  readonly threadName: string;
  /** Capacity of the thread's ring of label switches, in words of 8 bytes. */
  readonly labelBufferWords: number;
  readonly labelChannel: LabelChannel;
}

/** The labels of one thread's samples: what was in force when, and what that was. */
export class ThreadLabels {
  readonly #target: Target;
  readonly #options: ThreadLabelsOptions;
  readonly #totals: SamplingTotals;
  readonly #known = new Map<number, Labels>();
  /** By tag: what the thread has sent at its end. */
  #last = new Map<number, Labels>();
  #controlId = '';
  #timeline: LabelTimeline | undefined;
  #clockReadMicros = 0;
  /** Switches of timelines before this one. */
  #switchesBefore = 0;
  #lostSwitchesBefore = 0;
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<undefined>((resolve) => {
    this.#giveUp = () => resolve(undefined);
  });

  constructor(target: Target, options: ThreadLabelsOptions, totals: SamplingTotals) {
    this.#target = target;
    this.#options = options;
    this.#totals = totals;
    options.labelChannel.expect(options.threadName, (message) => this.#take(message));
  }

  /** Asks the thread to write down its switches, should it use labels. */
  async start(): Promise<void> {
    const parameters = { expression: controlScript, silent: true };
    const { result, exceptionDetails } = (await this.#target.post('Runtime.evaluate', parameters)) as {
      result: { objectId?: string; description?: string };
      exceptionDetails?: object;
    };
    // What was thrown is an object too.
    if (result.objectId === undefined || exceptionDetails !== undefined)
      throw new RefusedCommandError(result.description);
    this.#controlId = result.objectId;
    const { threadName: thread, labelBufferWords: words, labelChannel } = this.#options;
    const isRead = await this.#call('read', { channel: labelChannel.name, thread, words } satisfies SwitchReader);
    if (isRead === false) this.#totals.foreignLabels++;
  }

  async stop(): Promise<void> {
    if (this.#controlId !== '') await this.#call('read', undefined);
  }

  /** The thread will not answer any more. */
  abandon(): void {
    this.drain();
    this.#options.labelChannel.forget(this.#options.threadName);
    this.#giveUp();
  }

  #take(message: LabelMessage): void {
    if ('memory' in message) this.#attach(message);
    else this.#last = new Map(message.sets);
  }

  #attach(ring: SwitchRing): void {
    this.#switchesBefore = this.#totals.labelSwitches;
    this.#lostSwitchesBefore = this.#totals.lostLabelSwitches;
    this.#timeline = new LabelTimeline(ring);
    this.#clockReadMicros = nowMicros();
    this.#known.clear();
    this.#last.clear();
  }

  /** Takes what the thread has written, so that there is room for more. */
  drain(): void {
    this.#options.labelChannel.receive();
    const timeline = this.#timeline;
    if (timeline === undefined) return;
    timeline.drain();
    this.#totals.labelSwitches = this.#switchesBefore + timeline.switches;
    this.#totals.lostLabelSwitches = this.#lostSwitchesBefore + timeline.lostSwitches;
  }

  /**
   * The labels of samples in the order of time, none of which is older than those of the call before. Between
   * callbacks there are none in force, but no switch says so, since one is written when the next callback begins.
   */
  async of(samples: readonly WindowSample[]): Promise<(Labels | undefined)[]> {
    this.drain();
    const timeline = this.#timeline;
    if (timeline === undefined) return [];
    const inForce = samples.map(({ timeMicros, hasJavaScript }) => {
      const found = timeline.at(timeMicros);
      return hasJavaScript ? found : 0;
    });
    await this.#learn(timeline, inForce);
    timeline.resolve();
    return inForce.map((number) => this.#labelsOf(number));
  }

  #labelsOf(inForce: InForce): Labels | undefined {
    if (inForce === 0) return undefined;
    const labels = inForce === 'lost' ? undefined : (this.#known.get(inForce) ?? this.#last.get(inForce & tagMask));
    if (labels === undefined) this.#totals.samplesWithLostLabels++;
    return labels ?? unknownLabels;
  }

  /** Sees to it that the sets which samples have met are known, as far as the thread can still say. */
  async #learn(timeline: LabelTimeline, inForce: readonly InForce[]): Promise<void> {
    const met = new Set(inForce.filter((number): number is number => number !== 0 && number !== 'lost'));
    const missing = [...met].filter((number) => !this.#known.has(number));
    const isClockOld = nowMicros() - this.#clockReadMicros > clockMicros;
    if (missing.length === 0 && !(isClockOld && met.size > 0)) return;
    const question = this.#call(
      'define',
      missing.map((number) => number & tagMask),
    ).catch(() => undefined);
    const definitions = (await Promise.race([question, this.#givenUp])) as Definitions | undefined;
    if (definitions === undefined) return;
    timeline.clock.observe(definitions.clock);
    this.#clockReadMicros = nowMicros();
    missing.forEach((number, i) => {
      const labels = definitions.sets[i];
      if (labels) this.#known.set(number, labels);
    });
    for (const number of this.#known.keys()) {
      if (this.#known.size <= mostKnown) break;
      if (!met.has(number)) this.#known.delete(number);
    }
  }

  #call(method: 'read' | 'define', argument: unknown): Promise<unknown> {
    const declaration = `function (argument) { return this.${method}(argument); }`;
    return callOn(this.#target, this.#controlId, declaration, argument === undefined ? [] : [argument]);
  }
}
