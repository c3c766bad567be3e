import { type LabelMessage, type Labels, type SwitchRing, tagMask } from '../../protocol/label-records.js';
import { nowMicros } from '../../protocol/monotonic-clock.js';
import type { ThreadChannel } from '../inspector/thread-channel.js';
import type { ThreadControl } from '../inspector/thread-control.js';
import { type InForce, LabelTimeline } from './label-timeline.js';

/** What became of one thread's labels, for the profile to say. */
export interface LabelCounts {
  /** Label switches of the application, lost ones included. */
  labelSwitches: number;
  lostLabelSwitches: number;
  /** Threads whose labels belong to a version of profbuf that this one cannot read. */
  foreignLabels: number;
  /** Samples whose labels are not known. */
  samplesWithLostLabels: number;
}

/** What the timeline has to know of a sample. */
export interface LabelledSample {
  /** On the clock of `process.hrtime`. */
  readonly timeMicros: number;
  /** False when V8 found no function of the program on the stack: native code between two callbacks. */
  readonly hasJavaScript: boolean;
}

/** What a sample carries when its labels are not known. */
export const unknownLabels: Labels = { 'profbuf.labels': 'lost' };

/** How long a reading of the thread's clock counts, in microseconds: then it is asked for another, as long as labels are used. */
const clockMicros = 10e6;

/** Definitions kept: some threads use a few sets all the time, others never use one again. */
const mostKnown = 1024;

export interface ThreadLabelsOptions {
  /** Node's number of the thread. */
  readonly threadId: number;
  /** Capacity of the thread's ring of label switches, in words of 8 bytes. */
  readonly labelBufferWords: number;
  /** What comes from there is handed to {@link ThreadLabels.take}. */
  readonly channel: ThreadChannel;
}

/** The labels of one thread's samples: what was in force when, and what that was. */
export class ThreadLabels {
  readonly #options: ThreadLabelsOptions;
  readonly #counts: LabelCounts;
  readonly #known = new Map<number, Labels>();
  /** By tag: what the thread has sent at its end. */
  #last = new Map<number, Labels>();
  #control: ThreadControl | undefined;
  #timeline: LabelTimeline | undefined;
  #ringNumber = 0;
  #clockReadMicros = 0;
  /** Switches of timelines before this one. */
  #switchesBefore = 0;
  #lostSwitchesBefore = 0;
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<undefined>((resolve) => {
    this.#giveUp = () => resolve(undefined);
  });

  constructor(options: ThreadLabelsOptions, counts: LabelCounts) {
    this.#options = options;
    this.#counts = counts;
  }

  /** Asks the thread to write down its switches, should it use labels. */
  async start(control: ThreadControl): Promise<void> {
    const { threadId, labelBufferWords: words, channel } = this.#options;
    const isRead = await control.readLabels({ channel: channel.name, threadId, words });
    this.#control = control;
    if (!isRead) this.#counts.foreignLabels++;
  }

  async stop(): Promise<void> {
    await this.#control?.readLabels(undefined);
  }

  /** The thread will not answer any more. */
  abandon(): void {
    this.drain();
    this.#giveUp();
  }

  take(message: LabelMessage): void {
    if ('memory' in message) this.#attach(message);
    else this.#last = new Map(message.sets);
  }

  #attach(ring: SwitchRing): void {
    if (ring.number === this.#ringNumber) return;
    this.#ringNumber = ring.number;
    this.#switchesBefore = this.#counts.labelSwitches;
    this.#lostSwitchesBefore = this.#counts.lostLabelSwitches;
    this.#timeline = new LabelTimeline(ring);
    this.#clockReadMicros = nowMicros();
    this.#known.clear();
    this.#last.clear();
  }

  /** Takes what the thread has written, so that there is room for more. */
  drain(): void {
    this.#options.channel.receive();
    const timeline = this.#timeline;
    if (timeline === undefined) return;
    timeline.drain();
    this.#counts.labelSwitches = this.#switchesBefore + timeline.switches;
    this.#counts.lostLabelSwitches = this.#lostSwitchesBefore + timeline.lostSwitches;
  }

  /**
   * The labels of samples in the order of time, none of which is older than those of the call before. Between
   * callbacks there are none in force, but no switch says so, since one is written when the next callback begins.
   */
  async of(samples: readonly LabelledSample[]): Promise<(Labels | undefined)[]> {
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
    if (labels === undefined) this.#counts.samplesWithLostLabels++;
    return labels ?? unknownLabels;
  }

  /** Sees to it that the sets which samples have met are known, as far as the thread can still say. */
  async #learn(timeline: LabelTimeline, inForce: readonly InForce[]): Promise<void> {
    const met = new Set(inForce.filter((number): number is number => number !== 0 && number !== 'lost'));
    const missing = [...met].filter((number) => !this.#known.has(number));
    const isClockOld = nowMicros() - this.#clockReadMicros > clockMicros;
    if (missing.length === 0 && !(isClockOld && met.size > 0)) return;
    const question = this.#control?.defineLabels(missing.map((number) => number & tagMask)).catch(() => undefined);
    const definitions = await Promise.race([question, this.#givenUp]);
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
}
