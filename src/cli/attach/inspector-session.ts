import { WebSocketClient } from './web-socket.js';

/** Where commands of the inspector's protocol go: a thread of the process. */
export interface Target {
  /** @throws {SessionEnded} when the process ends before it answers; an error with V8's words when it refuses. */
  post(method: string, params?: object): Promise<Record<string, unknown>>;
}

/** The connection is no more, or the thread. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
}

interface Waiting {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** One thread's commands on their way, whatever carries them. */
class Commands {
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isEnded = false;

  post(send: (message: string) => void, method: string, params: object): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.#isEnded) {
        reject(new SessionEnded());
        return;
      }
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      send(JSON.stringify({ id, method, params }));
    });
  }

  /** @returns whether the message is an answer to one of them. */
  answer({ id, result, error }: Message): boolean {
    if (id === undefined) return false;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result ?? {});
    else waiting?.reject(new Error(error.message));
    return true;
  }

  end(): void {
    this.#isEnded = true;
    for (const { reject } of this.#waiting.values()) reject(new SessionEnded());
    this.#waiting.clear();
  }
}

/** What comes over the wire, as far as we read it. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** What V8 tells of a thread unasked. */
export type OnEvent = (method: string, params: Readonly<Record<string, unknown>>) => void;

export interface SessionEvents {
  /** Of the main thread. */
  readonly onEvent: OnEvent;
  onWorker(worker: WorkerTarget): void;
  /** The program is over; it waits until we disconnect. */
  onProgramEnd(): void;
}

/** A worker thread. */
export class WorkerTarget implements Target {
  readonly #commands = new Commands();
  readonly #send: (message: string) => void;
  onEvent: OnEvent = () => {};

  constructor(
    readonly title: string,
    readonly id: string,
    send: (message: string) => void,
  ) {
    this.#send = send;
  }

  post(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#commands.post(this.#send, method, params);
  }

  receive(text: string): void {
    const message = JSON.parse(text) as Message;
    if (!this.#commands.answer(message)) this.onEvent(message.method ?? '', message.params ?? {});
  }

  end(): void {
    this.#commands.end();
  }
}

/** A connection to a process's inspector: its main thread, and over it the worker threads. */
export class InspectorSession implements Target {
  readonly #commands = new Commands();
  readonly #workers = new Map<string, WorkerTarget>();
  readonly #events: SessionEvents;
  #socket: WebSocketClient | undefined;
  /** Settles when the connection is no more. */
  readonly closed: Promise<void>;
  #isClosed: () => void = () => {};

  /** @throws an error when it cannot be reached. */
  static async connect(url: string, events: SessionEvents): Promise<InspectorSession> {
    const session = new InspectorSession(events);
    session.#socket = await WebSocketClient.connect(url, {
      onMessage: (text) => session.#receive(JSON.parse(text) as Message),
      onClose: () => session.#end(),
    });
    return session;
  }

  private constructor(events: SessionEvents) {
    this.#events = events;
    this.closed = new Promise((resolve) => {
      this.#isClosed = resolve;
    });
  }

  post(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#commands.post((message) => this.#socket?.send(message), method, params);
  }

  disconnect(): void {
    this.#socket?.close();
  }

  /** Without waiting for the other side. */
  destroy(): void {
    this.#socket?.destroy();
  }

  #receive(message: Message): void {
    if (this.#commands.answer(message)) return;
    const { method, params = {} } = message;
    const sessionId = String(params.sessionId);
    switch (method) {
      case 'NodeRuntime.waitingForDisconnect':
        this.#events.onProgramEnd();
        break;
      case 'NodeWorker.attachedToWorker':
        this.#addWorker(sessionId, params.workerInfo);
        break;
      case 'NodeWorker.receivedMessageFromWorker':
        this.#workers.get(sessionId)?.receive(String(params.message));
        break;
      case 'NodeWorker.detachedFromWorker':
        this.#workers.get(sessionId)?.end();
        this.#workers.delete(sessionId);
        break;
      default:
        this.#events.onEvent(method ?? '', params);
    }
  }

  #addWorker(sessionId: string, info: unknown): void {
    const { title, workerId } = info as { readonly title: string; readonly workerId: string };
    const worker = new WorkerTarget(title, workerId, (message) => {
      // A worker that ends meanwhile says so by an event.
      this.post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(() => worker.end());
    });
    this.#workers.set(sessionId, worker);
    this.#events.onWorker(worker);
  }

  #end(): void {
    this.#commands.end();
    for (const worker of this.#workers.values()) worker.end();
    this.#isClosed();
  }
}
