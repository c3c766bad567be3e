import { get, type IncomingHttpHeaders, request } from 'node:http';
import type { TestContext } from 'node:test';
import { Profile } from 'profbuf';
import { Folder, Run, root } from '../../cli/command.js';

const preload = `${root}dist/register.cjs`;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** A program under the preload, with `/debug/pprof/` on a port of its own. It ends with the test. */
export class ServedProgram {
  readonly run: Run;
  readonly folder: Folder;
  #url = '';

  private constructor(test: TestContext, code: string, node: string, env: NodeJS.ProcessEnv) {
    this.folder = new Folder(test);
    const script = this.folder.write('app.mjs', code);
    const environment = { PROFBUF_HTTP: '0', ...env };
    this.run = new Run(node, ['--require', preload, script], { cwd: this.folder.path, env: environment });
    test.after(() => this.run.process.kill('SIGKILL'));
  }

  /** Resolves when the server is up. */
  static async start(
    test: TestContext,
    code: string,
    { node = process.execPath, env = {} }: { node?: string; env?: NodeJS.ProcessEnv } = {},
  ): Promise<ServedProgram> {
    const program = new ServedProgram(test, code, node, env);
    program.#url = (await program.run.said(/serving (http:\S+)\/debug\/pprof\//))[1] ?? '';
    return program;
  }

  /**
   * A program with a server, whose thread is in an endless loop in a function of the name `hang`. It is sampled before that:
   * of a function that runs already when V8's sampler starts, the optimised code has no name.
   */
  static async hanging(test: TestContext, node = process.execPath): Promise<ServedProgram> {
    const program = await ServedProgram.start(test, hangingProgram, { node });
    await program.sampled();
    program.run.process.stdin?.write('hang');
    await program.run.printed('hanging');
    return program;
  }

  /** Resolves when sampling has begun. The server is there before. */
  async sampled(): Promise<void> {
    while ((await this.profile('wall?seconds=1')).model.samples.length === 0);
  }

  /** Without the path. */
  get url(): string {
    return this.#url;
  }

  /** @param path What follows `/debug/pprof/`. */
  ask(path: string, options: Ask = {}): Promise<Reply> {
    return ask(`${this.#url}/debug/pprof/${path}`, options);
  }

  async text(path: string): Promise<string> {
    return (await this.ask(path)).body.toString();
  }

  async profile(path: string): Promise<Profile> {
    const { status, body } = await this.ask(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
    return Profile.decode(body);
  }
}

export function ask(url: string, { method = 'GET', headers = {}, signal }: Ask = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, ...(signal === undefined ? {} : { signal }) };
    const sent = (method === 'GET' ? get : request)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject).end();
  });
}

/** The share of the profile's default values below the function, at any depth of the stacks. */
export function shareOf(profile: Profile, functionName: string): number {
  const { samples, locations, functions } = profile.model;
  let total = 0;
  let below = 0;
  for (const { stack, values } of samples) {
    const value = Number(values.at(-1));
    total += value;
    const isBelow = stack.some((location) =>
      locations[location]?.lines.some((line) => functions[line.function]?.name === functionName),
    );
    if (isBelow) below += value;
  }
  return total === 0 ? 0 : below / total;
}

/** A program that does this for ever, and turns its event loop in between. */
export const busyProgram = `
  function busy() {
    let sum = 0;
    for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i);
    setImmediate(busy);
    return sum;
  }
  busy();
`;

const hangingProgram = `
  import { createServer } from 'node:http';
  function hang() {
    console.log('hanging');
    for (;;);
  }
  process.stdin.on('data', hang);
  createServer().listen(0, '127.0.0.1');
`;
