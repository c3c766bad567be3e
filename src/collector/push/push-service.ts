import type { PushOptions } from '../../protocol/push-settings.js';
import { Pusher, type PusherOptions } from './pusher.js';

export interface PushFigures {
  readonly pushedProfiles: number;
  readonly queuedProfiles: number;
  readonly droppedProfiles: number;
}

/** Pushes to the place of the collector's options, and to the one that the program has asked for. */
export class PushService {
  readonly #newPusher: (push: PushOptions) => PusherOptions;
  readonly #pushers: Pusher[] = [];
  #asked: Pusher | undefined;

  constructor(newPusher: (push: PushOptions) => PusherOptions) {
    this.#newPusher = newPusher;
  }

  begin(push: PushOptions): Pusher {
    const pusher = new Pusher(this.#newPusher(push));
    this.#pushers.push(pusher);
    pusher.start();
    return pusher;
  }

  /** Begins to push besides, or ends that. Never rejects. */
  async ask(push: PushOptions | undefined): Promise<void> {
    const before = this.#asked;
    this.#asked = push && this.begin(push);
    await before?.stop();
  }

  get figures(): PushFigures {
    const sum = (of: (pusher: Pusher) => number) => this.#pushers.reduce((total, pusher) => total + of(pusher), 0);
    return {
      pushedProfiles: sum(({ pushed }) => pushed),
      queuedProfiles: sum(({ queued }) => queued),
      droppedProfiles: sum(({ dropped }) => dropped),
    };
  }

  /** For profiles: everything that did not get there. */
  comments(): string[] {
    return this.#pushers.flatMap((pusher) => pusher.comments());
  }

  /** After the end of sampling. Never rejects. */
  async finish(): Promise<void> {
    await Promise.all(this.#pushers.map((pusher) => pusher.finish()));
  }
}
