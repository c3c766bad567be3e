import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Profile } from 'profbuf';

/** The repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The command as package.json's `bin` has it. */
export const main = join(root, 'dist/cli/main.js');

/** A folder of the test's own, gone when the test is over. */
export class Folder {
  readonly path: string;

  constructor(test: { after(clear: () => void): void }, name = 'profbuf-test-') {
    this.path = mkdtempSync(join(tmpdir(), name));
    test.after(() => this.#remove());
  }

  /** A program that is about to end may still write its profile here, and Node's own retries do not look for new files. */
  #remove(): void {
    for (let tries = 20; ; tries--) {
      try {
        rmSync(this.path, { recursive: true, force: true });
        return;
      } catch (error) {
        if (tries === 0) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      }
    }
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name: string): Buffer {
    return readFileSync(join(this.path, name));
  }

  profile(name = 'profile.pb.gz'): Profile {
    return Profile.decode(this.read(name));
  }

  /** Names of the files that the command left, sorted. */
  profiles(): string[] {
    return readdirSync(this.path)
      .filter((name) => name.startsWith('profile'))
      .sort();
  }
}

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What stdin gives before it ends. Without it stdin is empty. */
  readonly input?: string;
}

/** A process whose output can be watched while it runs. */
export class Run {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #closed: Promise<unknown>;

  constructor(file: string, args: readonly string[], { cwd, env }: RunOptions, detached = false) {
    // What the tests' own runner put there is not for the programs.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;
    this.process = spawn(file, args, { cwd, env: { ...environment, ...env }, stdio: 'pipe', detached });
    this.#closed = once(this.process, 'close');
    this.process.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    // The program may end without having read it all.
    this.process.stdin?.on('error', () => {});
  }

  /** Waits for the text on stdout. */
  printed(text: string | RegExp): Promise<RegExpMatchArray> {
    return this.#found(text, () => this.stdout);
  }

  /** Waits for the text on stderr. */
  said(text: string | RegExp): Promise<RegExpMatchArray> {
    return this.#found(text, () => this.stderr);
  }

  /** The limit is for what never comes. */
  async #found(text: string | RegExp, output: () => string): Promise<RegExpMatchArray> {
    const deadline = performance.now() + 90_000;
    for (;;) {
      const match = output().match(text);
      if (match !== null) return match;
      if (performance.now() > deadline) throw new Error(`no ${text} within 90 s in: ${this.stdout}\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async end(): Promise<Result> {
    await this.#closed;
    const { exitCode: code, signalCode: signal } = this.process;
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }
}

export async function run(file: string, args: readonly string[], options: RunOptions): Promise<Result> {
  const started = new Run(file, args, options);
  started.process.stdin?.end(options.input ?? '');
  return started.end();
}

/** `profbuf …` under the Node that runs the tests. */
export function profbuf(args: readonly string[], options: RunOptions): Promise<Result> {
  return run(process.execPath, [main, ...args], options);
}

/**
 * A program that is busy in a function of the name `busy`: one that calls itself, which V8 does not inline away. It goes
 * by the process's CPU time, so that it is sampled as often on a machine that has little time for it. It asks for that
 * time seldom: to answer, Linux looks at whether the thread's time slice is over, so that on a busy machine the program
 * would lose the processor there, and be sampled there, more often than anywhere else.
 */
export function busyFor(cpuMilliseconds: number): string {
  return `
    function busy(n) { return n < 2 ? n : busy(n - 1) + busy(n - 2); }
    const begin = process.cpuUsage();
    while (process.cpuUsage(begin).user < ${cpuMilliseconds * 1000}) busy(33);
  `;
}
