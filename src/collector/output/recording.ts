import { encodeAs } from '../../profile/format.js';
import { OwnFile } from '../../profile/own-file.js';
import type { Profile } from '../../profile/profile.js';
import type { OutputOptions } from '../../protocol/messages.js';

/** A profile file that is replaced as the run goes on, so that something is there however the process ends. */
export class Recording {
  readonly #output: OutputOptions;
  readonly #file: OwnFile;
  readonly #build: () => Promise<Profile>;
  readonly #samples: () => number;
  #writtenSamples = -1;
  #writing: Promise<void> = Promise.resolve();

  /** @param samples How many there are so far: a checkpoint without new ones is not written. */
  constructor(output: OutputOptions, samples: () => number, build: () => Promise<Profile>) {
    this.#output = output;
    this.#file = new OwnFile(output.path);
    this.#samples = samples;
    this.#build = build;
  }

  /** Where the file is, or is to be. */
  get path(): string {
    return this.#file.path;
  }

  /** Whether it is there: until then, a file of that name is another's. */
  get isWritten(): boolean {
    return this.#file.isWritten;
  }

  /** @throws what the file system says. */
  write(): Promise<void> {
    // One after the other: an older profile must not replace a newer one.
    this.#writing = this.#writing
      .catch(() => {})
      .then(async () => {
        const samples = this.#samples();
        this.#file.write(await encodeAs(await this.#build(), this.#output.format));
        this.#writtenSamples = samples;
      });
    return this.#writing;
  }

  async checkpoint(): Promise<void> {
    if (this.#samples() !== this.#writtenSamples) await this.write();
  }
}
