import type { PushOptions } from '../../protocol/push-settings.js';
import { Pusher, type PusherOptions } from './pusher.js';

export interface PushFigures {
  readonly pushedProfiles: number;
  readonly queuedProfiles: number;
  readonly droppedProfiles: number;
}

/** What pushers that are over had to say; the figures count all. */
const mostComments = 16;

/** Pushes to the place of the collector's options, and to the one that the program has asked for. */
export class PushService {
  readonly #newPusher: (push: PushOptions) => PusherOptions;
  /** Those that push, or are about to end. */
  readonly #pushers = new Set<Pusher>();
  #ended = { pushed: 0, dropped: 0 };
  readonly #endedComments = new Set<string>();
  #asked: Pusher | undefined;

  constructor(newPusher: (push: PushOptions) => PusherOptions) {
    this.#newPusher = newPusher;
  }

  begin(push: PushOptions): Pusher {
    const pusher = new Pusher(this.#newPusher(push));
    this.#pushers.add(pusher);
    pusher.start();
    return pusher;
  }

  /** Begins to push besides, or ends that. Never rejects. */
  async ask(push: PushOptions | undefined): Promise<void> {
    const before = this.#asked;
    this.#asked = push && this.begin(push);
    if (before === undefined) return;
    await before.stop();
    this.#forget(before);
  }

  /** Keeps its figures alone: a program may begin and end as often as it likes. */
  #forget(pusher: Pusher): void {
    if (!this.#pushers.delete(pusher)) return;
    const { pushed, dropped } = this.#ended;
    this.#ended = { pushed: pushed + pusher.pushed, dropped: dropped + pusher.dropped };
    for (const comment of pusher.comments())
      if (this.#endedComments.size < mostComments) this.#endedComments.add(comment);
  }

  get figures(): PushFigures {
    const pushers = [...this.#pushers];
    const sum = (of: (pusher: Pusher) => number) => pushers.reduce((total, pusher) => total + of(pusher), 0);
    return {
      pushedProfiles: this.#ended.pushed + sum(({ pushed }) => pushed),
      queuedProfiles: sum(({ queued }) => queued),
      droppedProfiles: this.#ended.dropped + sum(({ dropped }) => dropped),
    };
  }

  /** For profiles: everything that did not get there. */
  comments(): string[] {
    return [...this.#endedComments, ...[...this.#pushers].flatMap((pusher) => pusher.comments())];
  }

  /** After the end of sampling. Never rejects. */
  async finish(): Promise<void> {
    await Promise.all([...this.#pushers].map((pusher) => pusher.finish()));
  }
}
