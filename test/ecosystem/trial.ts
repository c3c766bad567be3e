import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Profile } from 'profbuf';
import { Run } from '../cli/command.js';
import { install } from '../package/packed.js';
import type { Runtime } from '../runtimes.js';
import { comparable, differences, filesOf, type Outcome, withoutOwnWords } from './comparison.js';
import { type Tool, type Way, ways } from './tool.js';

/** What came of a tool that was run bare and recorded. */
export interface Row {
  readonly tool: string;
  readonly version: string;
  readonly node: string;
  readonly way: Way;
  readonly profiles: number;
  /** What profbuf said. */
  readonly words: readonly string[];
  readonly differences: readonly string[];
  /** What differs as it is known to. */
  readonly known: string | undefined;
}

/** The limit is for what hangs. */
const limitMs = 300_000;

/** A tool's project in a folder that it shares with those of the same packages, which stays the same from run to run: no path differs. */
export class Trial {
  readonly #name: string;
  readonly #tool: Tool;
  readonly #folder: string;
  readonly #outside: string;

  readonly #isShown: boolean;

  /** @param isShown whether it is said what bare runs say. */
  constructor(name: string, tool: Tool, folder: string, packed: string, isShown: boolean) {
    this.#isShown = isShown;
    this.#name = name;
    this.#tool = tool;
    const own = join(folder, tool.packages.join(' ').replace(/[^\w@.-]+/g, '_') || 'none');
    this.#folder = join(own, 'project');
    this.#outside = join(own, 'outside');
    if (existsSync(this.#folder)) return;
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, 'package.json'), '{}');
    install(this.#folder, packed, ...tool.packages);
  }

  async run(runtime: Runtime): Promise<Row[]> {
    const bare = await this.#outcome(runtime);
    if (this.#isShown)
      console.error(`${bare.ending}\n${bare.stdout}${bare.stderr}${[...bare.files.keys()].join('\n')}`);
    const rows: Row[] = [];
    for (const way of this.#tool.ways ?? ways) {
      const recorded = await this.#outcome(runtime, way);
      const found = differences(bare, recorded);
      // A difference that bare runs have among themselves says nothing of profbuf, and the table must not hide it.
      if (found.length > 0) {
        const again = differences(bare, await this.#outcome(runtime));
        if (again.length > 0) found.push(`two bare runs: ${again.join('; ')}`);
      }
      const { prints = '', known } = this.#tool;
      if (known !== undefined) {
        if (found.length > 0) found.length = 0;
        else found.push('the same, which it is not known to be');
      }
      if (!bare.stdout.includes(prints) && !bare.stderr.includes(prints))
        found.push(`the bare run prints no ${prints}`);
      const { profiles, functions } = this.#profiles();
      const wanted = this.#tool.profiled ?? 'busy';
      if (wanted !== false && !functions.has(wanted)) found.push(`${wanted} is in no profile`);
      const [tool = this.#name] = this.#tool.packages;
      const version = tool.slice(tool.lastIndexOf('@') + 1);
      const { words } = recorded;
      rows.push({
        tool: this.#name,
        version: this.#tool.packages.length === 0 ? '' : version,
        node: runtime.name,
        way,
        profiles,
        words,
        differences: found,
        known,
      });
    }
    return rows;
  }

  async #outcome(runtime: Runtime, way?: Way): Promise<Outcome & { words: string[] }> {
    const { files, words, env, varies } = this.#tool;
    this.#renew(files, way === undefined);
    const profile = join(this.#outside, 'profiles/p.pb.gz');
    const environment: NodeJS.ProcessEnv = {
      ...foreign,
      PATH: `${dirname(runtime.path)}${delimiter}${process.env.PATH}`,
      HOME: join(this.#outside, 'home'),
      CI: 'true',
      NO_COLOR: '1',
      ...env,
    };
    const preloaded = {
      NODE_OPTIONS: `--require ${this.#tool.isPreloadedByPath ? join(this.#folder, 'node_modules/profbuf/dist/register.cjs') : 'profbuf/register'}`,
      PROFBUF_OUTPUT: profile,
      PROFBUF_QUIET: '1',
    };
    const command = join(this.#folder, 'node_modules/profbuf/dist/cli/main.js');
    const line = way === 'record' ? [command, 'record', '--quiet', '-o', profile, '--', ...words] : words;
    const started = new Run(runtime.path, line, {
      cwd: this.#folder,
      env: way === 'NODE_OPTIONS' ? { ...environment, ...preloaded } : environment,
    });
    started.process.stdin?.end();
    const limit = setTimeout(() => started.process.kill('SIGKILL'), limitMs);
    const { code, signal, stdout, stderr } = await started.end();
    clearTimeout(limit);
    const { rest, words: own } = withoutOwnWords(stderr);
    return {
      ending: signal ?? `status ${code}`,
      stdout: comparable(stdout, varies),
      stderr: comparable(rest, varies),
      files: filesOf(this.#folder, this.#tool),
      words: own,
    };
  }

  /** The project as it was before the first run: without what tools keep for the next one. */
  #renew(files: Tool['files'], areProfilesKept: boolean): void {
    for (const name of readdirSync(this.#folder)) {
      if (name !== 'node_modules') rmSync(join(this.#folder, name), { recursive: true });
    }
    const installed = join(this.#folder, 'node_modules');
    for (const name of readdirSync(installed)) {
      if (/^\.(?!bin$|package-lock\.json$)/.test(name)) rmSync(join(installed, name), { recursive: true });
    }
    if (!areProfilesKept) rmSync(join(this.#outside, 'profiles'), { recursive: true, force: true });
    rmSync(join(this.#outside, 'home'), { recursive: true, force: true });
    for (const name of ['profiles', 'home']) mkdirSync(join(this.#outside, name), { recursive: true });
    for (const [name, content] of Object.entries({ 'package.json': '{}', ...files })) {
      const path = join(this.#folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  }

  #profiles(): { profiles: number; functions: Set<string> } {
    const folder = join(this.#outside, 'profiles');
    const names = readdirSync(folder).filter((name) => name.endsWith('.pb.gz'));
    const functions = new Set<string>();
    for (const name of names) {
      for (const { functionName } of Profile.decode(readFileSync(join(folder, name))).top(1_000_000)) {
        functions.add(functionName);
      }
    }
    return { profiles: names.length, functions };
  }
}

/** The environment without what this run itself, npm or a test runner put there. `undefined` is left out by Node. */
const foreign = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(npm_|PROFBUF_|NODE_|FORCE_COLOR$)/.test(name))
    .map((name) => [name, undefined]),
);
