import { get } from 'node:http';
import type { ListeningSocket } from './listening-sockets.js';
import { nodeOptionsOf, type ProcessFacts } from './process-facts.js';

const defaultPort = 9229;
const answerMs = 2000;

/**
 * Which of these sockets may be asked whether it is the inspector? None that is likely to be a server of the program: that at the
 * port which Node's options name, or at 9229 on loopback; of --inspect=0 the first, which was there before the program began.
 */
export function likelyInspectors(
  facts: ProcessFacts,
  sockets: readonly ListeningSocket[],
  given?: number,
): readonly ListeningSocket[] {
  if (given !== undefined) return sockets.filter(({ port }) => port === given);
  const { port, isOpen } = inspectorOptions(facts);
  if (port === 0) return isOpen ? sockets.slice(0, 1) : [];
  return sockets.filter((socket) => socket.port === port && (isOpen || isLoopback(socket.host)));
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

/** At which port would Node open it, 0 for any, and is it open from the start? */
export function inspectorOptions(facts: ProcessFacts): { readonly port: number; readonly isOpen: boolean } {
  let port = defaultPort;
  let isOpen = false;
  for (const option of nodeOptionsOf(facts)) {
    const [, name = '', where = ''] =
      /^--(inspect|inspect-brk|inspect-wait|inspect-port|debug-port)(?:=(.*))?$/.exec(option) ?? [];
    if (name === '') continue;
    if (!name.endsWith('-port')) isOpen = true;
    const [, given] = /(?:^|:)(\d+)$/.exec(where) ?? [];
    if (given !== undefined) port = Number(given);
  }
  return { port, isOpen };
}

export interface FoundInspector {
  readonly url: string;
  readonly socket: ListeningSocket;
}

/** Asks each in turn whether it is one. */
export async function firstInspector(sockets: readonly ListeningSocket[]): Promise<FoundInspector | undefined> {
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
