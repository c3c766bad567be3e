import { setTimeout as delay } from 'node:timers/promises';
import { BadInput } from '../bad-input.js';
import { ClusterWorkers } from './cluster-workers.js';
import { firstInspector, inspectorOptions, likelyInspectors } from './find-inspector.js';
import { isPortTaken, type ListeningSocket, listeningSockets } from './listening-sockets.js';
import { factsOf, type ProcessFacts } from './process-facts.js';
import { refuse, signalRefusalOf } from './refusal.js';
import { SilentProcess } from './silent-process.js';

export interface OpenInspector {
  /** Of the main thread. */
  readonly url: string;
  readonly port: number;
  /** Whether it is open because we asked for it. */
  readonly isOurs: boolean;
  /** Of a primary: they have opened theirs as well. */
  readonly workers: ClusterWorkers | undefined;
}

/** An endless loop opens it within 150 ms; the limit is for machines that have no time, and for who does not want to wait any more. */
const openingMs = 10_000;
/** Whose main thread is blocked in native code opens it when that is over. It is waited for, so that it can be closed again. */
const longestOpeningMs = 60_000;
const mostAsked = 3;

export interface OpeningOptions {
  /** Where the program has opened it itself. */
  readonly port: number | undefined;
  /** Whether to send the signal where it cannot be told if the program listens to it. */
  readonly isSignalAllowed: boolean;
  /** Aborted when nobody wants it any more. What the signal opens is waited for all the same: somebody has to close it. */
  readonly stop: AbortSignal;
  /** Called before the signal is sent, with how many workers of a cluster get it, too. */
  onSignal(workers: number): void;
  /** After how long {@link onSilence} is called, in milliseconds. */
  readonly silenceMs: number;
  /** Called when the process does not answer the signal, and goes on being waited for. */
  onSilence(): void;
}

/**
 * Finds the process's inspector, or opens it by SIGUSR1. Servers of the program are not talked to: before the signal only what
 * its options, or 9229, say to be an inspector is asked, and after it only what was not there before.
 *
 * @throws BadInput where that cannot be, or a debugger is connected already.
 */
export async function openInspector(facts: ProcessFacts, options: OpeningOptions): Promise<OpenInspector> {
  const { pid } = facts;
  const before = socketsOfLiving(facts);
  const open = await firstInspector(likelyInspectors(facts, before, options.port));
  if (open !== undefined) {
    const { url, socket } = open;
    if (socket.isInUse) throw new BadInput(`a debugger is connected to process ${pid} already, at port ${socket.port}`);
    return { url, port: socket.port, isOurs: false, workers: undefined };
  }
  if (options.port !== undefined) throw new BadInput(`process ${pid} has no inspector at port ${options.port}`);

  refuse(signalRefusalOf(facts, options.isSignalAllowed));
  const { port } = inspectorOptions(facts);
  if (port !== 0 && isPortTaken(pid, port)) {
    const owner = before.some((socket) => socket.port === port) ? 'a server of its own' : 'another process';
    throw new BadInput(
      `process ${pid} would open its inspector at port ${port}, which ${owner} has; --inspect-port=0 as an option of Node lets it take a free one`,
    );
  }

  const workers = new ClusterWorkers(facts, options.isSignalAllowed);
  // A process that has ended leaves its id to others.
  const now = factsOf(pid);
  if (now.startTicks !== facts.startTicks || !now.catchesSigusr1) throw new BadInput(`process ${pid} has ended`);
  if (options.stop.aborted) throw new BadInput(`process ${pid} was left alone`);
  options.onSignal(workers.count);
  process.kill(pid, 'SIGUSR1');
  const found = await opened(facts, new Set(before.map(({ inode }) => inode)), options);
  return { ...found, isOurs: true, workers };
}

/** Waits for the inspector that our signal opens. */
async function opened(
  facts: ProcessFacts,
  known: ReadonlySet<string>,
  { stop, silenceMs, onSilence }: OpeningOptions,
): Promise<{ readonly url: string; readonly port: number }> {
  const { pid } = facts;
  const begin = performance.now();
  let isSaid = false;
  // A server that the program has begun meanwhile is not asked over and over.
  const asked = new Map<string, number>();
  for (;;) {
    await delay(20);
    const added = socketsOfLiving(facts).filter(
      ({ inode }) => !known.has(inode) && (asked.get(inode) ?? 0) < mostAsked,
    );
    for (const { inode } of added) asked.set(inode, (asked.get(inode) ?? 0) + 1);
    const found = await firstInspector(added);
    if (found !== undefined) return { url: found.url, port: found.socket.port };
    const waitedMs = performance.now() - begin;
    if (waitedMs > longestOpeningMs || (stop.aborted && waitedMs > openingMs)) break;
    if (isSaid || waitedMs < silenceMs) continue;
    onSilence();
    isSaid = true;
  }
  throw new SilentProcess(
    `process ${pid} has not opened its inspector: its stderr may say why; if it is open already, at a port that the program or an earlier command chose, say --port PORT; if its main thread is blocked in native code, it opens it when that is over, and nobody closes it then`,
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
