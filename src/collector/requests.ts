import type { MessagePort } from 'node:worker_threads';
import type { Profile } from '../profile/profile.js';
import type { Request, Response } from '../protocol/messages.js';

/** Requests that are answered, by their type. */
type Question = Extract<Request, { readonly id: number }>;
/** Requests that are not, but for those which this class sees to. */
export type Word = Exclude<Request, Question | { readonly type: 'cancel' }>;
type Answer = Omit<Extract<Response, { type: 'answer' }>, 'type' | 'id'>;

export type Answers = {
  readonly [Type in Question['type']]: (
    question: Extract<Question, { readonly type: Type }>,
    signal: AbortSignal,
  ) => Promise<Answer | Profile | undefined> | Answer | Profile | undefined;
};

/** What the application's thread says to the collector, and what it is answered. */
export class Requests {
  readonly #port: MessagePort;
  readonly #answers: Answers;
  readonly #onWord: (word: Word) => void;
  /** Those that are being answered, by number. */
  readonly #open = new Map<number, { readonly cancel: AbortController; readonly answered: Promise<void> }>();

  constructor(port: MessagePort, answers: Answers, onWord: (word: Word) => void) {
    this.#port = port;
    this.#answers = answers;
    this.#onWord = onWord;
  }

  listen(): void {
    this.#port.on('message', (request: Request) => {
      if ('id' in request) this.#ask(request);
      else if (request.type === 'cancel') this.#open.get(request.request)?.cancel.abort();
      else this.#onWord(request);
    });
  }

  send(response: Response): void {
    this.#port.postMessage(response);
  }

  /** Resolves when those that were asked before this one are answered. */
  async answeredBefore(id: number): Promise<void> {
    const others = [...this.#open].filter(([number]) => number !== id);
    await Promise.all(others.map(([, { answered }]) => answered));
  }

  close(): void {
    this.#port.close();
  }

  #ask(question: Question): void {
    const cancel = new AbortController();
    const answered = this.#answer(question, cancel.signal).finally(() => this.#open.delete(question.id));
    this.#open.set(question.id, { cancel, answered });
  }

  async #answer(question: Question, signal: AbortSignal): Promise<void> {
    const { id, type } = question;
    try {
      // The type of the answer's function follows from that of the question.
      const answer = await (this.#answers[type] as (question: Question, signal: AbortSignal) => unknown)(
        question,
        signal,
      );
      if (isProfile(answer)) {
        const profile = await answer.encode();
        this.#port.postMessage({ type: 'answer', id, profile } satisfies Response, [profile.buffer]);
      } else {
        this.send({ type: 'answer', id, ...(answer as Answer | undefined) });
      }
    } catch (error) {
      this.send({ type: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    }
  }
}

function isProfile(answer: unknown): answer is Profile {
  return typeof answer === 'object' && answer !== null && 'encode' in answer;
}
