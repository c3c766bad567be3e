import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { BadInput } from '../bad-input.js';
import { closeInspector } from './close-inspector.js';
import { firstInspector, inspectorOptions } from './find-inspector.js';
import { isPortTaken, listeningSockets } from './listening-sockets.js';
import { factsOf, isAlive, type ProcessFacts } from './process-facts.js';
import { signalRefusalOf } from './refusal.js';

/** How long a worker has to open what its primary has asked it for, in milliseconds. */
const openingMs = 2000;
const mostAsked = 3;

interface ClusterWorker {
  readonly facts: ProcessFacts;
  /** Sockets that it had before. */
  readonly known: ReadonlySet<string>;
  /** Whether nothing keeps it from opening an inspector. */
  readonly opens: boolean;
}

/**
 * The workers of a cluster. Where the inspector of a primary is opened by a signal, Node has the primary send that signal on to each of
 * its workers, which open theirs and leave them open.
 */
export class ClusterWorkers {
  readonly #workers: readonly ClusterWorker[];

  /**
   * To be made before the signal is sent.
   * @param isSignalAllowed Whether it may be sent where it cannot be told if the program listens to it.
   * @throws BadInput when a worker is not to get it.
   */
  constructor(primary: ProcessFacts, isSignalAllowed: boolean) {
    this.#workers = workersOf(primary).flatMap((facts) => {
      const known = socketsOf(facts);
      // It has ended since.
      if (known === undefined) return [];
      const refusal = facts.blocksSigusr1 ? undefined : signalRefusalOf(facts, isSignalAllowed);
      if (refusal !== undefined) {
        throw new BadInput(
          `process ${primary.pid} is the primary of a cluster, and hands SIGUSR1 on to its workers: ${refusal}`,
        );
      }
      const { port } = inspectorOptions(facts);
      // A fixed port that is the primary's too is taken by then.
      const isTaken = port !== 0 && (port === inspectorOptions(primary).port || isPortTaken(facts.pid, port));
      return [{ facts, known, opens: !facts.blocksSigusr1 && !isTaken }];
    });
  }

  get count(): number {
    return this.#workers.length;
  }

  /**
   * Closes what they have opened.
   * @returns what could not be undone, as sentences.
   */
  async close(): Promise<readonly string[]> {
    const problems = await Promise.all(this.#workers.map(closeWorker));
    return problems.filter((problem) => problem !== undefined);
  }
}

/** `undefined` when it has ended. */
function socketsOf({ pid }: ProcessFacts): ReadonlySet<string> | undefined {
  try {
    return new Set(listeningSockets(pid).map(({ inode }) => inode));
  } catch {
    return undefined;
  }
}

async function closeWorker({ facts, known, opens }: ClusterWorker): Promise<string | undefined> {
  if (!opens) return undefined;
  // A server that it has begun meanwhile is not asked over and over.
  const asked = new Map<string, number>();
  for (const end = performance.now() + openingMs; performance.now() < end; await delay(20)) {
    if (!isAlive(facts)) return undefined;
    try {
      const added = listeningSockets(facts.pid).filter(
        ({ inode }) => !known.has(inode) && (asked.get(inode) ?? 0) < mostAsked,
      );
      for (const { inode } of added) asked.set(inode, (asked.get(inode) ?? 0) + 1);
      const found = await firstInspector(added);
      if (found === undefined) continue;
      await closeInspector(found.url);
      if (!listeningSockets(facts.pid).some(({ inode }) => inode === found.socket.inode)) return undefined;
      return `process ${facts.pid}, a worker of the cluster, has its inspector open at port ${found.socket.port}: its main thread is blocked in native code, and closes it when that is over`;
    } catch {
      // It has ended.
      return undefined;
    }
  }
  return `process ${facts.pid}, a worker of the cluster, has not opened its inspector as the primary told it: if its main thread is blocked in native code, it opens it when that is over, and nobody closes it then`;
}

/** Node gives those that it forks a number in their environment. */
function workersOf({ pid }: ProcessFacts): ProcessFacts[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const facts = factsOf(Number(name));
      return facts.parentPid === pid && facts.environment.has('NODE_UNIQUE_ID') && facts.state !== 'ended'
        ? [facts]
        : [];
    } catch {
      // It has ended since.
      return [];
    }
  });
}
