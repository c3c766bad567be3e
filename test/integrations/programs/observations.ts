import { Agent, request } from 'node:http';
import { ReadableStream } from 'node:stream/web';
import { setTimeout as timeout } from 'node:timers/promises';
import { getLabels, type Labels } from 'profbuf';

/** What was in force at each place of a program, in order. */
export type Observations = Record<string, Labels[]>;

const observations: Observations = {};

/** Notes the labels in force here, and whatever else is to be said. */
export function observe(place: string, more: Labels = {}): void {
  observations[place] ??= [];
  observations[place].push({ ...getLabels(), ...more });
}

export function writeObservations(): void {
  process.stdout.write(JSON.stringify(observations), () => process.exit());
}

const waiting: (() => void)[] = [];
setInterval(() => {
  if (waiting.length > 0) observe('callback of a shared connection');
  for (const callback of waiting.splice(0)) callback();
}, 1);

/** Calls back as a connection does that all requests share: not in the context of the request. */
export function onSharedConnection(callback: () => void): void {
  waiting.push(callback);
}

/** As many labels as leave room for one more. */
export const almostTooMany = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`label${i}`, i]));

/** A body that comes in pieces, with waits between. */
export async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    yield Buffer.from(text);
    await timeout(20);
  }
}

/** Sends a request, waits for the whole answer, and notes its status. */
export async function send(url: string, init: RequestInit = {}): Promise<void> {
  const response = await fetch(url, init);
  await response.text();
  observe(`status of ${new URL(url).pathname}`, { status: response.status });
}

export function sendJson(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  return send(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Sends requests one after another on one connection. */
export async function sendOnOneSocket(url: string, bodies: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const body of bodies) {
    await new Promise<void>((resolve, reject) => {
      const method = body === '' ? 'GET' : 'POST';
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      request(url, { agent, method, headers }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end(body);
    });
  }
  agent.destroy();
}

export function sendPieces(url: string, contentType: string, ...texts: string[]): Promise<void> {
  const headers = { 'content-type': contentType };
  // The types of fetch do not know that a stream has to be half duplex.
  const init = { method: 'POST', headers, body: ReadableStream.from(pieces(...texts)), duplex: 'half' };
  return send(url, init as RequestInit);
}

/** Sends a request whose body has no end, and leaves when the server has seen it. */
export async function sendAndLeave(url: string, isSeen: Promise<unknown>): Promise<void> {
  const leave = new AbortController();
  async function* body() {
    yield Buffer.from('{');
    await isSeen;
    leave.abort();
    await timeout(1000);
  }
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: ReadableStream.from(body()), duplex: 'half', signal: leave.signal };
  await fetch(url, init as RequestInit).catch(() => {});
}
