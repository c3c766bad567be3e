import { Session } from 'node:inspector';
import type { ThreadDoors } from '../../protocol/thread-doors.js';
import { passOnTermination, terminateExecution } from './swallowed-termination.js';

/** One thread of the application, as the inspector protocol reaches it. */
export interface Target {
  /** Answers when the thread gets to it: at once while it runs JavaScript, late while it is blocked in native code. */
  post(method: string, parameters?: object): Promise<Record<string, unknown>>;
  onEvent(listener: (method: string, parameters: Record<string, unknown>) => void): void;
}

/** The session of the collector with the application's main thread. */
export class MainTarget implements Target {
  readonly #session = new Session();
  #isConnected = false;

  connect(): void {
    this.#session.connectToMainThread();
    this.#isConnected = true;
  }

  post(method: string, parameters: object = {}): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error, result) => {
        if (error) {
          passOnTermination(this, error.message, 'main');
          reject(new Error(`${method}: ${error.message}`));
        } else resolve((result ?? {}) as Record<string, unknown>);
      });
    });
  }

  onEvent(listener: (method: string, parameters: Record<string, unknown>) => void): void {
    this.#session.on('inspectorNotification', ({ method, params }) => {
      listener(method, (params ?? {}) as Record<string, unknown>);
    });
  }

  disconnect(): void {
    if (this.#isConnected) this.#session.disconnect();
    this.#isConnected = false;
  }
}

interface Waiting {
  resolve(value: Record<string, unknown>): void;
  reject(error: Error): void;
  /** Whether it went in by the thread's door. */
  readonly isIn: boolean;
}

/** A worker thread of the application, reached through the main thread's session. */
export class WorkerTarget implements Target {
  readonly #main: Target;
  readonly #sessionId: string;
  readonly #threadId: number;
  readonly #doors: ThreadDoors;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners: ((method: string, parameters: Record<string, unknown>) => void)[] = [];
  #lastId = 0;
  #isGone = false;

  constructor(main: Target, sessionId: string, threadId: number, doors: ThreadDoors) {
    this.#main = main;
    this.#sessionId = sessionId;
    this.#threadId = threadId;
    this.#doors = doors;
  }

  post(method: string, parameters: object = {}): Promise<Record<string, unknown>> {
    const isIn = !this.#isGone && this.#doors.enter(this.#threadId);
    // What ends a thread that ought to have ended passes a closed door.
    if (this.#isGone || !(isIn || method === terminateExecution))
      return Promise.reject(new Error(`${method}: the thread has ended`));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, isIn });
      const message = JSON.stringify({ id, method, params: parameters });
      this.#main.post('NodeWorker.sendMessageToWorker', { sessionId: this.#sessionId, message }).catch((error) => {
        this.#settle(id)?.reject(error);
      });
    });
  }

  onEvent(listener: (method: string, parameters: Record<string, unknown>) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes a message that the main thread passed on from this thread. */
  receive(text: string): void {
    const message = JSON.parse(text) as {
      id?: number;
      method?: string;
      params?: Record<string, unknown>;
      result?: Record<string, unknown>;
      error?: { message: string };
    };
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message.method ?? '', message.params ?? {});
      return;
    }
    const waiting = this.#settle(message.id);
    if (message.error) {
      passOnTermination(this, message.error.message, 'worker');
      waiting?.reject(new Error(message.error.message));
    } else waiting?.resolve(message.result ?? {});
  }

  /** The thread has ended: nothing that was asked will be answered. */
  abandon(): void {
    this.#isGone = true;
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new Error('the thread has ended'));
  }

  /** Nothing more is expected of the command. */
  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting?.isIn) this.#doors.leave(this.#threadId);
    return waiting;
  }
}
