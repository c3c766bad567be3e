import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ListeningSocket {
  /** Where it can be reached from this machine. */
  readonly host: string;
  readonly port: number;
  /** What the kernel calls it: another socket at the same port has another one. */
  readonly inode: string;
  /** Its number in the process: what was opened earlier has a lower one, as a rule. */
  readonly descriptor: number;
  /** Whether somebody is connected to it. */
  readonly isInUse: boolean;
}

interface Connection {
  readonly address: string;
  readonly port: number;
  readonly state: string;
  readonly inode: string;
}

/** TCP_LISTEN and TCP_ESTABLISHED of the kernel. */
const listening = '0A';
const established = '01';

/** On which TCP ports does this process listen? What it opened first comes first, as a rule. */
export function listeningSockets(pid: number): readonly ListeningSocket[] {
  const descriptors = socketsOf(pid);
  const connections = connectionsSeenBy(pid).filter(({ inode }) => descriptors.has(inode));
  return connections
    .filter(({ state }) => state === listening)
    .map(({ address, port, inode }) => ({
      host: hostOf(address),
      port,
      inode,
      descriptor: descriptors.get(inode) ?? 0,
      isInUse: connections.some((other) => other.state === established && other.port === port),
    }))
    .sort((a, b) => a.descriptor - b.descriptor);
}

/** Whether any process of its network listens on that port. */
export function isPortTaken(pid: number, port: number): boolean {
  return connectionsSeenBy(pid).some((connection) => connection.state === listening && connection.port === port);
}

/** The descriptor of each, by its inode. */
function socketsOf(pid: number): ReadonlyMap<string, number> {
  const descriptors = new Map<string, number>();
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`)) ?? [];
      if (inode !== undefined) descriptors.set(inode, Number(name));
    } catch {
      // Closed since.
    }
  }
  return descriptors;
}

function connectionsSeenBy(pid: number): Connection[] {
  return ['tcp', 'tcp6'].flatMap((name) => {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/net/${name}`, 'latin1');
    } catch {
      // A kernel without IPv6.
      return [];
    }
    return text
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
        const [address = '', port = ''] = local.split(':');
        return inode === '' ? [] : [{ address, port: Number.parseInt(port, 16), state, inode }];
      });
  });
}

/** The kernel writes addresses as hexadecimal words of 4 bytes in its own order. */
function hostOf(address: string): string {
  if (address.length <= 8) {
    const bytes = Buffer.from(address, 'hex').reverse();
    return bytes.every((byte) => byte === 0) ? '127.0.0.1' : bytes.join('.');
  }
  // IPv4 inside of IPv6.
  if (/^0{16}FFFF0000/.test(address)) return hostOf(address.slice(24));
  const words = address.match(/.{8}/g) ?? [];
  const groups = words.flatMap((word) => {
    const bytes = Buffer.from(word, 'hex').reverse().toString('hex');
    return [bytes.slice(0, 4), bytes.slice(4)];
  });
  // What listens to all addresses listens to the loopback.
  if (groups.every((group) => group === '0000')) return '::1';
  return groups.slice(0, 7).every((group) => group === '0000') && groups[7] === '0001' ? '::1' : groups.join(':');
}
