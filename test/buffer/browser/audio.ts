/** Processors that write or read a few records in each of the some 350 calls a second that they get. */
import { allocate, type ProfBufError, ProfBufReader, ProfBufWriter } from 'profbuf/buffer';
import { Follower, writeAttempt } from '../threads/sequence.js';
import type { Arrived, WriterTask } from './tasks.js';

// What an AudioWorklet has and TypeScript's libraries lack.
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort };
declare function registerProcessor(name: string, processor: unknown): void;

const ATTEMPTS_A_CALL = 40;

class WritingProcessor extends AudioWorkletProcessor {
  readonly #writer: ProfBufWriter;
  readonly #attempts: number;
  #next = 0;

  constructor({ processorOptions }: { processorOptions: WriterTask }) {
    super();
    this.#writer = new ProfBufWriter(processorOptions.shared);
    this.#attempts = processorOptions.attempts;
  }

  process(): boolean {
    for (let i = 0; i < ATTEMPTS_A_CALL && this.#next < this.#attempts; i++) writeAttempt(this.#writer, this.#next++);
    if (this.#next < this.#attempts) return true;
    this.#writer.close();
    this.port.postMessage(this.#writer.lost);
    return false;
  }
}

class ReadingProcessor extends AudioWorkletProcessor {
  readonly #reader: ProfBufReader;
  readonly #follower = new Follower();
  #refusal = '';

  constructor({ processorOptions }: { processorOptions: { shared: SharedArrayBuffer } }) {
    super();
    this.#reader = new ProfBufReader(processorOptions.shared);
    try {
      // Not the ring that the page is writing to: what has something to read need not block.
      new ProfBufReader(allocate({ words: 8 })).wait();
    } catch (error) {
      this.#refusal = (error as ProfBufError).code;
    }
  }

  process(): boolean {
    for (const record of this.#reader) this.#follower.add(record);
    if (!this.#reader.ended) return true;
    const { delivered, lost } = this.#follower;
    this.port.postMessage({ delivered, lost, refusal: this.#refusal } satisfies Arrived);
    return false;
  }
}

registerProcessor('writing', WritingProcessor);
registerProcessor('reading', ReadingProcessor);
