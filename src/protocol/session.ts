import { readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { FileOptions } from './file-options.js';

/*
 * How a process finds the command that watches it: by PROFBUF_SESSION, the session's folder. Many tools pass NODE_OPTIONS on
 * to what they start and drop the variables that they do not know, so the preload's path, which is there, names the folder
 * as well: /package/dist/%2Ftmp%2Fprofbuf-x1y2z3/../register.cjs. Node resolves `..` by the text, and looks for no such
 * folder; a file of its own for each session would be gone when the command has ended, and a process that starts then
 * would die of that.
 */

/** In the session's folder, as JSON: the variables of the environment that configure the preload. */
const settingsFile = 'settings.json';

/** What processes that share a port prove to each other that they are of one run by. */
export const runVariable = 'PROFBUF_RUN';

type Environment = Readonly<Record<string, string | undefined>>;

/** The path of the preload that names the session's folder. */
export function preloadOfSession(preload: string, folder: string): string {
  return [dirname(preload), encodeURIComponent(folder), '..', basename(preload)].join(sep);
}

/** @throws what the file system says. */
export function settingsPath(folder: string): string {
  return join(folder, settingsFile);
}

/**
 * The variables to be put there. Who may read them may not learn a token or password, and nobody serves or pushes without one
 * that was asked for.
 */
export function settingsText(environment: Environment): string {
  const { PROFBUF_HTTP_TOKEN: token, PROFBUF_PUSH_TOKEN: pushToken, PROFBUF_PUSH: push = '' } = environment;
  const isSecret = (name: string) =>
    (token !== undefined && name.startsWith('PROFBUF_HTTP')) ||
    ((pushToken !== undefined || /[@?]/.test(push)) && name.startsWith('PROFBUF_PUSH'));
  const settings = Object.entries(environment).filter(([name]) => name.startsWith('PROFBUF_') && !isSecret(name));
  return JSON.stringify(Object.fromEntries(settings));
}

/** The folder of the command that watches this process, if there is one; it may be gone. */
export function sessionFolder(environment: Environment): string | undefined {
  return environment.PROFBUF_SESSION || namedFolder(environment.NODE_OPTIONS);
}

/**
 * The variables that configure the preload: those of the environment, and before them what the command has written down.
 * @returns `undefined` if they did not reach this process, and the command has ended.
 */
export function preloadSettings(environment: Environment): Environment | undefined {
  if (environment.PROFBUF_SESSION) return environment;
  const folder = namedFolder(environment.NODE_OPTIONS);
  if (folder === undefined) return environment;
  try {
    return Object.assign(JSON.parse(readFileSync(settingsPath(folder), 'utf8')), environment);
  } catch {
    return undefined;
  }
}

function namedFolder(nodeOptions: string | undefined): string | undefined {
  const [, name] = /[\\/]([^\\/\s"]*%[^\\/\s"]*)[\\/]+\.\.[\\/]+register\.cjs/.exec(nodeOptions || '') || [];
  return name === undefined ? undefined : decodeURIComponent(name);
}

/** Carries what NODE_OPTIONS is to be once the process has begun; it has more at first. */
const lastingVariable = 'PROFBUF_NODE_OPTIONS';

/**
 * The environment of a process whose NODE_OPTIONS are our preload's alone, so that what is in files counts too.
 * @param options NODE_OPTIONS with the preload
 */
export function withFileOptions(options: string, { applied, lasting }: FileOptions): Record<string, string> {
  if (applied === '') return { NODE_OPTIONS: options };
  return { NODE_OPTIONS: `${options} ${applied}`, [lastingVariable]: `${options} ${lasting}`.trimEnd() };
}

/**
 * To be called once in a process that {@link withFileOptions} was for, before it starts others.
 * @returns whether it was.
 */
export function settleNodeOptions(environment: Record<string, string | undefined>): boolean {
  const lasting = environment[lastingVariable];
  if (lasting === undefined) return false;
  environment.NODE_OPTIONS = lasting;
  delete environment[lastingVariable];
  return true;
}

/** Whether the command has put NODE_OPTIONS there, and nobody anything else but what a file has. */
export function isOurOptions(nodeOptions: string | undefined, inFile = ''): boolean {
  const option = /--(?:require|allow-fs-read)[ =](?:"(?:[^"\\]|\\.)*register\.cjs"|[^\s"]*register\.cjs)/g;
  return namedFolder(nodeOptions) !== undefined && nodeOptions?.replace(option, '').trim() === inFile;
}
