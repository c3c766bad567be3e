/** Lets a thread go on that waits with its first line until it is sampled. Once open it stays so. */
export class StartGate {
  #word: Int32Array | undefined;
  #isOpen = false;

  /** Whether the thread has waited here. */
  get isKept(): boolean {
    return this.#word !== undefined;
  }

  /** The thread waits until the first word of this is not 0, or until it has lost patience. */
  keep(gate: SharedArrayBuffer): void {
    this.#word = new Int32Array(gate);
    if (this.#isOpen) this.open();
  }

  open(): void {
    this.#isOpen = true;
    if (this.#word === undefined) return;
    Atomics.store(this.#word, 0, 1);
    Atomics.notify(this.#word, 0);
  }
}
