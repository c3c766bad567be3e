import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { BadInput } from '../bad-input.js';
import { isPortTaken, type ListeningSocket, listeningSockets } from './listening-sockets.js';
import { factsOf, nodeOptionsOf, type ProcessFacts } from './process-facts.js';
import { refuse, signalRefusalOf } from './refusal.js';

export interface OpenInspector {
  /** Of the main thread. */
  readonly url: string;
  readonly port: number;
  /** Whether it is open because we asked for it. */
  readonly isOurs: boolean;
}

const defaultPort = 9229;
/** An endless loop opens it within 150 ms; the limit is for machines that have no time. */
const openingMs = 10_000;
const answerMs = 2000;

/**
 * Finds the process's inspector, or opens it by SIGUSR1. Servers of the program are asked whether they are an inspector only
 * where nothing else says where it is.
 *
 * @param isSignalAllowed Whether to send the signal where it cannot be told if the program listens to it.
 * @param onSignal Called before it is sent.
 * @throws BadInput where that cannot be, or a debugger is connected already.
 */
export async function openInspector(
  facts: ProcessFacts,
  isSignalAllowed: boolean,
  onSignal: () => void,
): Promise<OpenInspector> {
  const { pid } = facts;
  const port = inspectorPort(facts);
  const before = listeningSockets(pid);
  const known = before.filter((socket) => port === 0 || socket.port === port || socket.port === defaultPort);
  const open = await firstInspector(known);
  if (open !== undefined) return unused(pid, open, false);

  const reason = signalRefusalOf(facts, isSignalAllowed);
  if (reason !== undefined) {
    // It may have opened one by inspector.open(), anywhere.
    const elsewhere = await firstInspector(before.filter((socket) => !known.includes(socket)));
    if (elsewhere !== undefined) return unused(pid, elsewhere, false);
    refuse(reason);
  }
  if (port !== 0 && !before.some((socket) => socket.port === port) && isPortTaken(pid, port)) {
    // The program may have its own elsewhere.
    const elsewhere = await firstInspector(before);
    if (elsewhere !== undefined) return unused(pid, elsewhere, false);
    throw new BadInput(
      `process ${pid} would open its inspector at port ${port}, which another process has; --inspect-port=0 as an option of Node lets it take a free one`,
    );
  }

  // A process that has ended leaves its id to others.
  const now = factsOf(pid);
  if (now.startTicks !== facts.startTicks || !now.catchesSigusr1) throw new BadInput(`process ${pid} has ended`);
  onSignal();
  process.kill(pid, 'SIGUSR1');
  const deadlineMs = performance.now() + openingMs;
  while (performance.now() < deadlineMs) {
    await delay(20);
    const sockets = socketsOfLiving(facts);
    const added = sockets.filter(
      (socket) => !before.some((old) => old.port === socket.port && old.host === socket.host),
    );
    const opened = await firstInspector(added);
    if (opened !== undefined) return unused(pid, opened, true);
    // One that was open already ignores the signal: who has servers is asked once it does not look like opening any more.
    if (before.length > 0 && performance.now() > deadlineMs - openingMs + answerMs) {
      const elsewhere = await firstInspector(before);
      if (elsewhere !== undefined) return unused(pid, elsewhere, false);
    }
  }
  throw new BadInput(
    `process ${pid} has not opened its inspector within ${openingMs / 1000} s; its stderr may say why`,
  );
}

/** Whether an inspector of that port is open no more, within a second. */
export async function isClosed(facts: ProcessFacts, port: number): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    try {
      if (!listeningSockets(facts.pid).some((socket) => socket.port === port)) return true;
    } catch {
      return true;
    }
    await delay(20);
  }
  return false;
}

function socketsOfLiving({ pid, startTicks }: ProcessFacts): readonly ListeningSocket[] {
  if (factsOf(pid).startTicks !== startTicks) throw new BadInput(`process ${pid} has ended`);
  try {
    return listeningSockets(pid);
  } catch {
    throw new BadInput(`process ${pid} has ended`);
  }
}

/** The port that Node would take; 0 for any. */
function inspectorPort(facts: ProcessFacts): number {
  let port = defaultPort;
  for (const option of nodeOptionsOf(facts)) {
    const [, where] = /^--(?:inspect|inspect-brk|inspect-wait|inspect-port|debug-port)=(.*)$/.exec(option) ?? [];
    const [, given] = /(?:^|:)(\d+)$/.exec(where ?? '') ?? [];
    if (given !== undefined) port = Number(given);
  }
  return port;
}

interface FoundInspector {
  readonly url: string;
  readonly socket: ListeningSocket;
}

function unused(pid: number, { url, socket }: FoundInspector, isOurs: boolean): OpenInspector {
  if (socket.isInUse) throw new BadInput(`a debugger is connected to process ${pid} already, at port ${socket.port}`);
  return { url, port: socket.port, isOurs };
}

async function firstInspector(sockets: readonly ListeningSocket[]): Promise<FoundInspector | undefined> {
  for (const socket of sockets) {
    const url = await inspectorUrl(socket);
    if (url !== undefined) return { url, socket };
  }
  return undefined;
}

/** What the inspector's list of targets says; `undefined` for any other server. */
async function inspectorUrl({ host, port }: ListeningSocket): Promise<string | undefined> {
  const text = await textOf(host, port);
  try {
    const list: unknown = JSON.parse(text ?? '');
    const target: unknown = Array.isArray(list) ? list[0] : undefined;
    if (typeof target !== 'object' || target === null || !('webSocketDebuggerUrl' in target)) return undefined;
    if (!('type' in target) || target.type !== 'node') return undefined;
    const { pathname } = new URL(String(target.webSocketDebuggerUrl));
    return `ws://${host.includes(':') ? `[${host}]` : host}:${port}${pathname}`;
  } catch {
    return undefined;
  }
}

const longestList = 1e6;

function textOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(
      { host, port, path: '/json/list', agent: false, signal: AbortSignal.timeout(answerMs) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
          if (text.length > longestList) request.destroy();
        });
        response.on('end', () => resolve(text));
        response.on('error', () => resolve(undefined));
        response.on('close', () => resolve(undefined));
      },
    );
    request.on('error', () => resolve(undefined));
  });
}
