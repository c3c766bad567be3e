import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import { byteLength, initialize, ProfBufWriter } from '../buffer/index.js';
import { type HandOver, handOverBy } from '../protocol/hand-over.js';
import {
  type Definitions,
  type LabelMessage,
  type LabelState,
  resolvedIndex,
  resolvedMask,
  ringOffset,
  type SwitchReader,
  type SwitchRing,
  tagMask,
} from '../protocol/label-records.js';
import { now, readClock } from './clock-reading.js';
import type { LabelContext } from './label-context.js';
import { type LabelSet, noLabels } from './label-set.js';
import { Registry } from './registry.js';
import { watchSwitches } from './switch-hook.js';

const nothing: readonly number[] = [];
/** Made when there is a collector: a program without one makes no channels. */
let handOverMessage: HandOver<LabelMessage> | undefined;

/**
 * Writes this thread's label switches for a collector: a record whenever the set in force is another than in the record
 * before.
 *
 * The collector's commands interrupt this thread wherever V8 looks for interrupts, so any method here may be called in the
 * middle of another. A writer is therefore never closed, only left; and a set has its number before the record with it
 * is to be seen.
 */
export class Recorder {
  readonly #state: LabelState;
  readonly #context: LabelContext;
  readonly #registry = new Registry();
  #writer: ProfBufWriter | undefined;
  #rings = 0;
  /** What the collector has to know of this thread's ring, and where it was told. */
  #ring: { readonly channel: string; readonly message: SwitchRing } | undefined;
  #resolved: Int32Array = new Int32Array(1);
  /** Records attempted, modulo 2^30. */
  #records = 0;
  #inForce: LabelSet = noLabels;
  #sendLast: () => void = () => {};
  #unwatch: (() => void) | undefined;
  /** Whether this thread has ever used a label: until then it has no ring, and no hook. */
  #isUsed = false;

  constructor(state: LabelState, context: LabelContext) {
    this.#state = state;
    this.#context = context;
  }

  /** The set in force by the last record; {@link noLabels} while nobody records. */
  get inForce(): LabelSet {
    return this.#inForce;
  }

  /** Says that the set is in force from now on. */
  enter(set: LabelSet): void {
    if (set === this.#inForce) return;
    const writer = this.#writer ?? this.#use();
    if (writer !== undefined) this.#write(writer, set);
  }

  readerChanged(): void {
    // The collector that this thread already writes for was not there yet when it was told where.
    if (this.#ring !== undefined && this.#state.reader?.channel === this.#ring.channel) {
      handOver(this.#ring.channel, this.#ring.message);
      return;
    }
    this.#stop();
    if (!this.#isUsed) return;
    // What was started under labels goes on under them, whether or not any are in force here.
    this.#use();
    this.enter(this.#context.current);
  }

  leave(): void {
    this.#sendLast();
  }

  define(tags: readonly number[]): Definitions {
    return { sets: tags.map((tag) => this.#registry.find(tag)?.toLabels() ?? null), clock: readClock() };
  }

  #write(writer: ProfBufWriter, set: LabelSet): void {
    this.#inForce = set;
    this.#records = (this.#records + 1) & resolvedMask;
    if (set === noLabels) {
      writer.write(0, now(), nothing, nothing, 0);
      return;
    }
    if (this.#registry.isOpen(set)) {
      writer.write(set.number & tagMask, now(), nothing, nothing, 0);
      return;
    }
    this.#registry.add(set);
    if (!writer.write(set.number & tagMask, now(), nothing, nothing, 0)) this.#registry.removeLast();
    this.#registry.ageOut(this.#records, Atomics.load(this.#resolved, resolvedIndex));
  }

  #use(): ProfBufWriter | undefined {
    this.#isUsed = true;
    return this.#state.reader === undefined ? undefined : this.#start(this.#state.reader);
  }

  #start({ channel, threadId, words }: SwitchReader): ProfBufWriter {
    const memory = new SharedArrayBuffer(ringOffset + byteLength({ words }));
    initialize(memory, ringOffset, { words });
    this.#registry.clear();
    this.#resolved = new Int32Array(memory, 0, 1);
    this.#records = 0;
    this.#inForce = noLabels;
    this.#rings++;
    this.#ring = { channel, message: { threadId, number: this.#rings, memory, clock: readClock() } };
    handOver(channel, this.#ring.message);
    this.#sendLast = () => {
      const sets = [...this.#registry.entries()].map(([tag, set]) => [tag, set.toLabels()] as const);
      handOver(channel, { threadId, sets });
    };
    // The main thread waits for the collector at its end, and can be asked then.
    if (!isMainThread) process.once('exit', this.#sendLast);
    this.#unwatch ??= watchSwitches(this.#context, this);
    this.#writer = new ProfBufWriter(memory, ringOffset);
    return this.#writer;
  }

  #stop(): void {
    this.#ring = undefined;
    this.#writer = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    process.removeListener('exit', this.#sendLast);
    this.#inForce = noLabels;
    this.#registry.clear();
  }
}

function handOver(channel: string, message: LabelMessage): void {
  handOverMessage ??= handOverBy(BroadcastChannel);
  handOverMessage(channel, message);
}
