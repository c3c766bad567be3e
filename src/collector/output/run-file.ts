import type { Profile } from '../../profile/profile.js';
import type { OutputOptions } from '../../protocol/messages.js';
import { say } from '../../protocol/say.js';
import { Recording } from './recording.js';

/** With a window's longest age added, the profile on disk is never more than 5 s behind. */
const checkpointMs = 2500;
/** The first ones come sooner: of a program that is killed before them, or ends where nobody is asked, nothing would be left. */
const firstCheckpointsMs = [250, 1000];

/** What the file holds. */
export interface RunProfile {
  /** How many there are so far. */
  readonly samples: () => number;
  readonly build: () => Promise<Profile>;
  /** For whoever reads what was written, in a line. */
  readonly summary: () => string;
}

export interface RunFileOptions {
  readonly output: OutputOptions;
  /** Whether nothing is said at the end. */
  readonly isQuiet: boolean;
  /** Whether a command watches, which tells where the file is. */
  readonly isWatched: boolean;
  readonly profile: RunProfile;
  /** Called when the file is there, and when it has another name than before. */
  readonly onPlace: () => void;
  /** Takes a sentence for the profile and the report. */
  readonly onNotice: (notice: string) => void;
}

/** The whole run's profile on disk: checkpoints while the program runs, and the last word at its end. */
export class RunFile {
  readonly #options: RunFileOptions;
  readonly #recording: Recording;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #complaints = new Set<string>();
  #place = '';

  constructor(options: RunFileOptions) {
    this.#options = options;
    this.#recording = new Recording(options.output, options.profile.samples, options.profile.build);
  }

  /** Where the file is, or is to be. */
  get path(): string {
    return this.#recording.path;
  }

  /** Whether it is there: until then, a file of that name is another's. */
  get isWritten(): boolean {
    return this.#recording.isWritten;
  }

  startCheckpoints(): void {
    const checkpoint = () =>
      this.#recording.checkpoint().then(
        () => this.#notePlace(),
        (error: Error) => this.#complain(error),
      );
    for (const ms of firstCheckpointsMs) this.#timers.push(setTimeout(checkpoint, ms));
    this.#timers.push(setInterval(checkpoint, checkpointMs));
  }

  stopCheckpoints(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Never rejects: what goes wrong is said. */
  async finish(): Promise<void> {
    this.stopCheckpoints();
    await this.#recording.write().then(
      () => {
        this.#notePlace();
        this.#sayWhatWasWritten();
      },
      (error: Error) => this.#complain(error),
    );
  }

  #sayWhatWasWritten(): void {
    const { isQuiet, profile } = this.#options;
    if (!isQuiet) say(`wrote ${this.path}: ${profile.summary()}`);
  }

  /** Whoever wants no words is told as well: under the name that was asked for there is an old profile. */
  #notePlace(): void {
    const { output, isWatched, onPlace } = this.#options;
    if (!this.isWritten || this.#place === this.path) return;
    this.#place = this.path;
    onPlace();
    if (this.path === output.path || isWatched) return;
    say(`${output.path} is of another run or process, and stays: this profile is ${this.path}`);
  }

  /** The profile cannot be written. Said once: a full disk would fail every checkpoint. */
  #complain({ message }: Error): void {
    const notice = `cannot write the profile: ${message}`;
    if (this.#complaints.has(notice)) return;
    this.#complaints.add(notice);
    this.#options.onNotice(notice);
    say(notice);
  }
}
