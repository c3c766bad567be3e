/** One piece of work at a time. */
export class Turn {
  #current: Promise<void> | undefined;

  get isTaken(): boolean {
    return this.#current !== undefined;
  }

  /** Begins the work, if none is under way. @returns what is under way then. */
  take(work: () => Promise<void>): Promise<void> {
    this.#current ??= work().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  /** Resolves when what is under way has ended, in whatever way. */
  async settled(): Promise<void> {
    await this.#current?.catch(() => {});
  }
}
