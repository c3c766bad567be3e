import type { ClockReading, Labels } from '../../protocol/label-records.js';
import { type LabelSwitches, type LabelUse, type LabelVisit, lostTag } from '../../protocol/label-visit.js';
import type { Target } from './inspector-session.js';
import { ownUrl } from './joined-windows.js';
import { labelVisitScript } from './label-visit-script.js';

/** In words of 8 bytes, 1 MiB in the thread: some 60,000 switches, as a quarter of a second has in a program that is very busy. */
const ringWords = 2 ** 17;
/** Counts of records wrap here; see `resolvedIndex`. */
const resolvedMask = 2 ** 30 - 1;
/** What a sample carries when its labels are not known. */
const unknownLabels: Labels = { 'profbuf.labels': 'lost' };
/** Sets kept that no sample has met lately. */
const mostKnown = 1024;

interface Switch {
  /** Milliseconds of the thread's `performance.now()`. */
  readonly time: number;
  readonly tag: number;
  readonly records: number;
}

/** A sample, as far as its labels depend on it. */
export interface SampledMoment {
  /** Microseconds of the clock of `process.hrtime`. */
  readonly time: number;
  /** False between two callbacks: nothing is in force there, but no switch says so. */
  readonly hasJavaScript: boolean;
}

/** Which of the program's labels were in force when, in one thread. */
export class ThreadLabels {
  readonly #target: Target;
  readonly #channel: string;
  #visit: string | undefined;
  #switches: Switch[] = [];
  #inForce: Switch = { time: 0, tag: 0, records: 0 };
  /** Records before the one that is in force, modulo 2^30. */
  #past = 0;
  #clock: ClockReading | undefined;
  readonly #known = new Map<number, Labels>();
  #isDraining = false;
  #isStopped = false;
  use: LabelUse | undefined;
  lostSwitches = 0;
  samplesWithLostLabels = 0;

  /** @param channel A name that nobody else has. */
  constructor(target: Target, channel: string) {
    this.#target = target;
    this.#channel = channel;
  }

  async start(): Promise<void> {
    const { result } = await this.#target.post('Runtime.evaluate', {
      expression: `${labelVisitScript}\n//# sourceURL=${ownUrl}`,
      silent: true,
      objectGroup: 'profbuf',
    });
    const { objectId } = result as { readonly objectId?: string };
    // A thread that was blocked may answer when nobody wants it any more.
    if (objectId === undefined || this.#isStopped) return;
    this.#visit = objectId;
    this.use = await this.#call('arm', this.#channel, ringWords);
  }

  /** Takes what the thread has written, so that there is room for more. A thread that has not answered is left alone. */
  async drain(): Promise<void> {
    if (this.use !== 'written' || this.#isDraining || this.#isStopped) return;
    this.#isDraining = true;
    const drained = await this.#call('drain', this.#past).catch(() => undefined);
    this.#isDraining = false;
    if (drained !== undefined) this.#keep(drained);
  }

  #keep({ records, clock }: LabelSwitches): void {
    this.#clock = narrowed(this.#clock, clock);
    const { buffer, byteOffset, length } = Buffer.from(records, 'base64');
    const numbers = new Float64Array(buffer.slice(byteOffset, byteOffset + length));
    for (let at = 0; at < numbers.length; at += 3) {
      const [time = 0, tag = 0, count = 0] = numbers.subarray(at, at + 3);
      if (tag === lostTag) this.lostSwitches += count;
      this.#switches.push({ time, tag, records: count });
    }
  }

  /** Those of samples in the order of time, none of which is older than those of the call before. */
  async of(samples: readonly SampledMoment[]): Promise<readonly (Labels | undefined)[]> {
    const [atLeast, atMost] = this.#clock ?? [0, 0];
    // Without a switch nothing is in force.
    if (this.#clock === undefined) return [];
    const offset = (atLeast + atMost) / 2;
    let next = 0;
    const tags = samples.map(({ time, hasJavaScript }) => {
      for (let at = this.#switches[next]; at !== undefined && at.time * 1000 + offset <= time; ) {
        this.#past = (this.#past + this.#inForce.records) & resolvedMask;
        this.#inForce = at;
        at = this.#switches[++next];
      }
      return hasJavaScript ? this.#inForce.tag : 0;
    });
    this.#switches = this.#switches.slice(next);
    const met = new Set(tags);
    const missing = [...met].filter((tag) => tag > 0 && !this.#known.has(tag));
    if (missing.length > 0) {
      const sets = await this.#call('define', missing).catch(() => []);
      missing.forEach((tag, i) => {
        const labels = sets[i];
        if (labels) this.#known.set(tag, labels);
      });
    }
    const found = tags.map((tag) => {
      if (tag === 0) return undefined;
      const labels = this.#known.get(tag);
      if (labels === undefined) this.samplesWithLostLabels++;
      return labels ?? unknownLabels;
    });
    for (const tag of this.#known.keys()) {
      if (this.#known.size <= mostKnown) break;
      if (!met.has(tag)) this.#known.delete(tag);
    }
    return found;
  }

  /** Its commands are on their way when this returns, whether or not the thread answers. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#visit === undefined) return;
    await this.#call('disarm').catch(() => {});
    await this.#target.post('Runtime.releaseObjectGroup', { objectGroup: 'profbuf' }).catch(() => {});
  }

  async #call<Name extends keyof LabelVisit>(
    name: Name,
    ...values: Parameters<LabelVisit[Name]>
  ): Promise<ReturnType<LabelVisit[Name]>> {
    const { result, exceptionDetails } = await this.#target.post('Runtime.callFunctionOn', {
      objectId: this.#visit,
      functionDeclaration: `function () { return this.${name}(${values.map((value) => JSON.stringify(value)).join()}); }\n//# sourceURL=${ownUrl}\n`,
      returnByValue: true,
      silent: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`the thread's labels cannot be read: ${name}`);
    return (result as { readonly value: ReturnType<LabelVisit[Name]> }).value;
  }
}

/** The clocks' difference lies in the overlap of all readings; one that contradicts those before takes their place. */
function narrowed(before: ClockReading | undefined, [atLeast, atMost]: ClockReading): ClockReading {
  if (before === undefined || atLeast > before[1] || atMost < before[0]) return [atLeast, atMost];
  return [Math.max(atLeast, before[0]), Math.min(atMost, before[1])];
}
