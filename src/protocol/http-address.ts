export interface HttpAddress {
  readonly host: string;
  /** 0 stands for any free one. */
  readonly port: number;
}

export const loopback = '127.0.0.1';

/**
 * Reads `[HOST:]PORT`: `6060`, `:6060`, `0.0.0.0:6060`, `localhost:6060`, `[::1]:6060`. Without a host it is loopback,
 * which nobody on another machine reaches.
 *
 * @returns `undefined` when the text is no address.
 */
export function parseAddress(text: string): HttpAddress | undefined {
  const match = /^(?:(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]*)):)?(\d{1,5})$/i.exec(text.trim());
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: match[1] || match[2] || loopback, port };
}

/** What an address looks like, for messages about one that does not. */
export const addressForm = 'an address is [HOST:]PORT with a port from 0 to 65535, such as 6060 or 0.0.0.0:6060';

/** `host` as it stands before the port in a URL. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(host);
}
