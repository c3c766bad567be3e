import type { IncomingMessage } from 'node:http';
import { hostInUrl } from '../../protocol/http-address.js';
import type { HttpOptions, RunOptions } from '../../protocol/messages.js';
import { say } from '../../protocol/say.js';
import { prefix } from '../../protocol/service.js';
import { CpuShare } from './cpu-share.js';
import { describeListenError } from './listen-error.js';
import {
  type Claim,
  type ClaimAnswer,
  type Claims,
  claimHeader,
  claimPath,
  headerText,
  isAncestorOf,
  isDescendantOf,
  pidHeader,
  processHeader,
  provenBy,
} from './port-claim.js';
import type { PprofServer } from './server.js';

/*
 * One port for all processes of a run. It goes to the one that works:
 *
 *   - The first process has it. Others try again every second, so that it is taken over when its process ends.
 *   - They also ask the process that has it, as ./port-claim.ts says. It gives the port up to a process that it has started,
 *     itself or through others, if it only waits for that: it has used next to no CPU time since it was asked before, and
 *     listens on no port of its own, or is the primary of the cluster that the other one belongs to. So npm, nodemon and a
 *     primary give way, and a server does not that starts a job at night.
 *   - It stops listening before it says so, and does neither while an answer is due: a scraper gets one process's profile
 *     whole, or nobody answers. Every answer says whose it is.
 *   - Who has given the port up does not take it back as long as it only waits: it would have it whenever its program is
 *     started anew.
 *   - Where the port is another program's, of another run or no profiler at all, this one never takes it, even if it becomes
 *     free: whoever asks there means the other, which may be about to start anew.
 */

const retryMs = 1000;
/** Who has the port and does not give way is told of after so many tries, and after more of them asked less often. */
const [patientTries, hopefulTries, slowMs] = [5, 20, 10_000];
const patientSilences = 3;
/** When the port was given up, it is free at once; this is for a busy machine. */
const hurriedMs = 20;
const hurriedTries = 10;
/** Who has given the port up wants it back only when it has worked for so many tries in a row. */
const workingTries = 5;
/** A busy machine may take its time. */
const askPatienceMs = 3000;
/** In characters; command lines are long. */
const longestAnswer = 1 << 20;

/** Of one processor, what a process uses that only waits: V8's sampler ends its wait with each sample. */
function idleShare(sampleRate: number): number {
  return 0.05 + sampleRate * 20e-6;
}

export interface SharedPortOptions {
  readonly http: HttpOptions;
  readonly run: RunOptions;
  readonly isQuiet: boolean;
  readonly sampleRate: number;
  readonly processName: string;
  readonly argv: readonly string[];
  /** A server that is not open yet. It asks whether to give the port up, and says when it has. */
  newServer(claims: Claims): PprofServer;
  /** Whether the program listens on a port of its own. */
  hasServer(): Promise<boolean>;
}

type Holder =
  | { readonly is: 'gone' }
  /** Not ours, whatever it is. */
  | { readonly is: 'unknown' }
  /** It did not answer in time. */
  | { readonly is: 'silent' }
  | { readonly is: 'of this run'; readonly who: string; readonly answer: ClaimAnswer }
  | { readonly is: 'of this program' | 'another'; readonly who: string };

export class SharedPort {
  readonly #options: SharedPortOptions;
  readonly #share = new CpuShare();
  #server: PprofServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isInUse = false;
  /** Whether who has the port is of this run or program, so that it may be taken over. */
  #isOurs = false;
  #hasYielded = false;
  #workingTries = 0;
  #nextAskMs = 0;
  #refusals = 0;
  #silences = 0;
  #hasSpoken = false;

  constructor(options: SharedPortOptions) {
    this.#options = options;
  }

  /** Resolves when it was tried once. */
  async open(): Promise<void> {
    if ((await this.#listen()) === 'in use') this.#retry(0);
  }

  async close(patienceMs: number): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#isInUse && !this.#hasSpoken && this.#refusals === 0)
      this.#sayCannot('the port is in use; port 0 takes a free one');
    await this.#server?.close(patienceMs);
  }

  #retry(ms: number): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => this.#try(), ms);
    this.#timer.unref();
  }

  async #try(): Promise<void> {
    const share = this.#share.read();
    if (this.#hasYielded && !this.#isBack(share)) return this.#retry(retryMs);
    if (this.#isOurs && (await this.#listen()) !== 'in use') return;
    if (performance.now() < this.#nextAskMs) return this.#retry(retryMs);
    const holder = await this.#ask();
    if (this.#isOver) return;
    // Of one that is silent it is still true what it was.
    if (holder.is !== 'silent') this.#isOurs = holder.is === 'of this run' || holder.is === 'of this program';
    if (holder.is === 'gone' || (holder.is === 'of this run' && holder.answer.yields)) {
      if (await this.#listenSoon()) return;
    } else {
      this.#tell(holder);
      if (holder.is === 'another' || holder.is === 'unknown') return;
    }
    this.#retry(retryMs);
  }

  #isBack(share = 0): boolean {
    this.#workingTries = share > idleShare(this.#options.sampleRate) ? this.#workingTries + 1 : 0;
    return this.#workingTries >= workingTries;
  }

  async #listenSoon(): Promise<boolean> {
    for (let tries = 0; tries < hurriedTries && !this.#isOver; tries++) {
      if ((await this.#listen()) !== 'in use') return true;
      await new Promise((resolve) => setTimeout(resolve, hurriedMs));
    }
    return false;
  }

  async #listen(): Promise<'open' | 'in use' | 'failed'> {
    const { run, isQuiet, newServer } = this.#options;
    const server = newServer({ run, answer: (claim) => this.#answer(claim), onYielded: () => this.#onYielded() });
    try {
      const url = await server.listen();
      if (this.#isOver) {
        await server.close(0);
        return 'failed';
      }
      this.#server = server;
      this.#hasYielded = false;
      this.#hasSpoken = true;
      if (!isQuiet) say(`serving ${url}${prefix}`);
      return 'open';
    } catch (error) {
      this.#isInUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (this.#isInUse) return 'in use';
      this.#sayCannot(describeListenError(error as NodeJS.ErrnoException));
      return 'failed';
    }
  }

  async #answer(claim: Claim): Promise<ClaimAnswer> {
    const share = this.#share.read();
    const isAncestor = isAncestorOf(claim);
    const isDescendant = isDescendantOf(claim);
    if (!isAncestor) return { yields: false, isAncestor, isDescendant };
    const isIdle = share !== undefined && share <= idleShare(this.#options.sampleRate);
    const isPrimary = claim.isClusterWorker && claim.ppid === process.pid;
    return { yields: isIdle && (isPrimary || !(await this.#options.hasServer())), isAncestor, isDescendant };
  }

  #onYielded(): void {
    this.#server = undefined;
    this.#hasYielded = true;
    this.#isOurs = true;
    this.#workingTries = 0;
    this.#retry(retryMs);
  }

  async #ask(): Promise<Holder> {
    const { http, run, processName } = this.#options;
    const { pid, ppid } = process;
    const claim = provenBy(run.secret, http.port, { pid, ppid, isClusterWorker: run.isClusterWorker });
    try {
      const { status, headers, body } = await send(http, 'POST', claimPath, { [claimHeader]: claim });
      const { [processHeader]: name, [pidHeader]: holderPid } = headers;
      const who = `${name} (${holderPid})`;
      if (status === 200) return { is: 'of this run', who, answer: JSON.parse(body) as ClaimAnswer };
      if (name !== undefined) {
        const isSame = name === headerText(processName) && (await this.#isSameProgram());
        return { is: isSame ? 'of this program' : 'another', who };
      }
      return headers['x-go-pprof'] === undefined ? { is: 'unknown' } : { is: 'another', who: 'a program' };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ABORT_ERR') return { is: 'silent' };
      return { is: code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'gone' : 'unknown' };
    }
  }

  /** Whether the one that has the port runs the same script. */
  async #isSameProgram(): Promise<boolean> {
    const { http, argv } = this.#options;
    const { status, body } = await send(http, 'GET', `${prefix}cmdline`, {});
    return status === 200 && body.split('\0')[1] === argv[1];
  }

  /** Says once why there is no server, but not of one that may give way in a moment. */
  #tell(holder: Holder): void {
    if (holder.is === 'gone') return;
    const isHopeful = holder.is === 'of this run' && holder.answer.isAncestor;
    if (holder.is === 'of this run' || holder.is === 'of this program') this.#refusals++;
    if (this.#refusals > (isHopeful ? hopefulTries : 0)) this.#nextAskMs = performance.now() + slowMs;
    if (holder.is === 'silent' && ++this.#silences >= patientSilences) this.#nextAskMs = performance.now() + slowMs;
    if (this.#hasSpoken || (isHopeful && this.#refusals < patientTries)) return;
    // A launcher between the first one and the program, which would have given way itself.
    if (holder.is === 'of this run' && holder.answer.isDescendant) return;
    switch (holder.is) {
      case 'silent':
        if (this.#silences < patientSilences) return;
        this.#sayCannot('the port is in use; port 0 takes a free one');
        break;
      case 'unknown':
        this.#sayCannot('the port is in use; port 0 takes a free one');
        break;
      case 'another':
        this.#sayCannot(`the port is that of ${holder.who}, which is another one; port 0 takes a free one`);
        break;
      default:
        this.#hasSpoken = true;
        if (this.#options.isQuiet) return;
        say(`${this.#place()} is served by ${holder.who}; this process takes over when that one ends`);
    }
  }

  #sayCannot(why: string): void {
    this.#hasSpoken = true;
    const { host, port } = this.#options.http;
    say(`cannot serve ${prefix} on ${hostInUrl(host)}:${port}: ${why}`);
  }

  #place(): string {
    const { host, port } = this.#options.http;
    return `http://${hostInUrl(host)}:${port}${prefix}`;
  }
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function send(
  { host, port }: HttpOptions,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<Reply> {
  const { request } = process.getBuiltinModule('node:http');
  // Who is bound to all addresses is to be reached on this machine's own.
  const own: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return new Promise((resolve, reject) => {
    const options = { host: own[host] ?? host, port, path, method, headers, agent: false } as const;
    const sent = request({ ...options, signal: AbortSignal.timeout(askPatienceMs) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > longestAnswer) sent.destroy();
      });
      response.once('error', reject);
      response.once('close', () => reject(new Error('the answer was cut off')));
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    sent.once('error', reject);
    sent.end();
  });
}
