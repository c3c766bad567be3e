import { readFileSync } from 'node:fs';
import type { RunOptions } from '../../protocol/messages.js';

/*
 * How a process asks for the port of another one of its run: by a request to that one's server, with the run's secret as the
 * key of a proof. The secret itself is not sent, for it may be anybody who listens there.
 */

/** Loading it takes the collector 3 ms: only processes that find their port in use need it. */
const crypto = () => process.getBuiltinModule('node:crypto');

export const claimPath = '/profbuf/port';
export const claimHeader = 'profbuf-claim';
/** Of every answer of the server: whose it is. */
export const processHeader = 'profbuf-process';
export const pidHeader = 'profbuf-pid';

/** Who asks. */
export interface Claim {
  readonly pid: number;
  readonly ppid: number;
  readonly isClusterWorker: boolean;
}

export interface ClaimAnswer {
  /** The port is free now. */
  readonly yields: boolean;
  /** Whether who has the port has started the one that asks, itself or through others: it may yield at another time. */
  readonly isAncestor: boolean;
  /** Whether it was started by it: it has what the one that asks would have given up. */
  readonly isDescendant: boolean;
}

/** What a server asks that has the port. */
export interface Claims {
  readonly run: RunOptions;
  answer(claim: Claim): Promise<ClaimAnswer>;
  onYielded(): void;
}

/** What a header can carry of it. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '_').slice(0, 200);
}

/** What the header says. */
export function provenBy(secret: string, port: number, { pid, ppid, isClusterWorker }: Claim): string {
  const nonce = crypto().randomBytes(16).toString('hex');
  const words = `${pid} ${ppid} ${isClusterWorker ? 1 : 0} ${nonce}`;
  return `${words} ${proof(secret, port, words).toString('hex')}`;
}

/** @returns `undefined` for a header by who does not know the secret. */
export function provenClaim(secret: string, port: number, header: unknown): Claim | undefined {
  const match = /^((\d+) (\d+) ([01]) [\da-f]{32}) ([\da-f]{64})$/.exec(typeof header === 'string' ? header : '');
  if (match === null) return undefined;
  const [, words = '', pid, ppid, isClusterWorker, given = ''] = match;
  if (!crypto().timingSafeEqual(Buffer.from(given, 'hex'), proof(secret, port, words))) return undefined;
  return { pid: Number(pid), ppid: Number(ppid), isClusterWorker: isClusterWorker === '1' };
}

function proof(secret: string, port: number, words: string): Buffer {
  return crypto().createHmac('sha256', secret).update(`${port} ${words}`).digest();
}

/** Has this process started the one that asks, or one that has, and so on? Only Linux tells more than the first. */
export function isAncestorOf({ pid, ppid }: Claim): boolean {
  return ppid === process.pid || isAbove(process.pid, pid);
}

/** Has the one that asks started this process, or one that has, and so on? */
export function isDescendantOf({ pid }: Claim): boolean {
  return process.ppid === pid || isAbove(pid, process.pid);
}

function isAbove(upper: number, lower: number): boolean {
  for (let next = parentOf(lower), steps = 0; next > 1 && steps < 100; next = parentOf(next), steps++) {
    if (next === upper) return true;
  }
  return false;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
