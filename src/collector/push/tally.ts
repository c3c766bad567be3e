import { say } from '../../protocol/say.js';

/** Complaints that were said are not said again; this bounds how many different ones there are. */
const mostComplaints = 20;

/** Counts what became of profiles, and says what went wrong: each thing once on stderr, and all of it in the next profiles. */
export class Tally {
  readonly #place: string;
  readonly #onChange: () => void;
  readonly #dropped = new Map<string, number>();
  readonly #complaints = new Set<string>();
  #delivered = 0;

  /** @param place Where they go, for people. */
  constructor(place: string, onChange: () => void) {
    this.#place = place;
    this.#onChange = onChange;
  }

  get delivered(): number {
    return this.#delivered;
  }

  get dropped(): number {
    return [...this.#dropped.values()].reduce((sum, count) => sum + count, 0);
  }

  addDelivered(): void {
    this.#delivered++;
    this.#onChange();
  }

  /** @param words What is said once beside the reason. */
  addDropped(count: number, reason: string, words = ''): void {
    if (count === 0) return;
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + count);
    this.complain(`drop ${reason}`, `a profile is dropped: ${reason}${words === '' ? '' : `: ${words}`}`);
    this.#onChange();
  }

  /** Says something on stderr, once for each topic. */
  complain(topic: string, text: string): void {
    if (this.#complaints.has(topic) || this.#complaints.size >= mostComplaints) return;
    this.#complaints.add(topic);
    say(`push to ${this.#place}: ${text}`);
  }

  /** For profiles: everything that is missing at the other end. */
  comments(): string[] {
    if (this.#dropped.size === 0) return [];
    const reasons = Array.from(this.#dropped, ([reason, count]) => `${count} (${reason})`).join(', ');
    return [`push to ${this.#place}: ${this.#delivered} profiles were delivered, and dropped ${reasons}`];
  }
}
