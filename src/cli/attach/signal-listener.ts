import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/*
 * The kernel tells that a process catches SIGUSR1, and not with which function: Node's own, which opens the inspector, looks
 * as a listener of the program does. libuv keeps its listeners in a tree, `uv__signal_tree`; where the executable says in its
 * table of symbols where that is, it is read from the process's memory. Nothing is stopped or written for that.
 */

/** Offsets in libuv's `uv_signal_t` where pointers have 8 bytes, the same in all of libuv 1. */
const offsets = { signal: 104, left: 112, right: 120, end: 128 };
const mostListeners = 10_000;

/**
 * Does the program itself listen to this signal?
 * @returns `undefined` where that cannot be told: memory that may not be read, or an executable without symbols.
 */
export function listensToSignal(pid: number, signal: number): boolean | undefined {
  try {
    const address = addressOfTree(pid);
    if (address === undefined) return undefined;
    const memory = openSync(`/proc/${pid}/mem`, 'r');
    try {
      return signalsIn(memory, address).has(signal);
    } finally {
      closeSync(memory);
    }
  } catch {
    return undefined;
  }
}

/** @throws an error where the memory is not what a tree of listeners looks like. */
function signalsIn(memory: number, root: bigint): ReadonlySet<number> {
  const bytes = Buffer.alloc(offsets.end);
  const found = new Set<number>();
  const read = (address: bigint, length: number) => {
    if (readSync(memory, bytes, 0, length, address) !== length) throw new Error('memory ends');
  };
  read(root, 8);
  const waiting = [bytes.readBigUInt64LE(0)];
  for (let count = 0; waiting.length > 0; ) {
    const address = waiting.pop() ?? 0n;
    if (address === 0n) continue;
    // The program may change the tree while we look.
    if (++count > mostListeners) throw new Error('no end');
    read(address, offsets.end);
    const signal = bytes.readInt32LE(offsets.signal);
    if (signal < 1 || signal > 64) throw new Error(`${signal} is no signal`);
    found.add(signal);
    waiting.push(bytes.readBigUInt64LE(offsets.left), bytes.readBigUInt64LE(offsets.right));
  }
  return found;
}

/** In the memory of the process. Source: elf(5), for 64 bits and little-endian. */
function addressOfTree(pid: number): bigint | undefined {
  const path = `/proc/${pid}/exe`;
  const file = openSync(path, 'r');
  try {
    const read = (position: number, length: number) => {
      const bytes = Buffer.allocUnsafe(length);
      if (readSync(file, bytes, 0, length, position) !== length) throw new Error('the executable ends');
      return bytes;
    };
    const header = read(0, 64);
    if (header.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
    const isMovable = header.readUInt16LE(16) === 3;
    const sectionSize = header.readUInt16LE(58);
    const sections = read(Number(header.readBigUInt64LE(40)), sectionSize * header.readUInt16LE(60));
    const section = (index: number) => {
      const at = index * sectionSize;
      const [offset, size] = [sections.readBigUInt64LE(at + 24), sections.readBigUInt64LE(at + 32)].map(Number);
      return {
        type: sections.readUInt32LE(at + 4),
        link: sections.readUInt32LE(at + 40),
        offset: offset ?? 0,
        size: size ?? 0,
      };
    };
    for (let index = 0; index * sectionSize < sections.length; index++) {
      const table = section(index);
      if (table.type !== symbolTable) continue;
      const strings = section(table.link);
      const value = symbolIn(read(table.offset, table.size), read(strings.offset, strings.size));
      if (value !== undefined) return isMovable ? value + baseOf(pid) : value;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}

const symbolTable = 2;
const symbolSize = 24;
/** A compiler may put a number behind the name of what is local to a file. */
const treeName = /^uv__signal_tree(\.\d+|\.lto_priv\.\d+)?$/;

function symbolIn(symbols: Buffer, names: Buffer): bigint | undefined {
  const places = new Set<number>();
  for (let at = names.indexOf('uv__signal_tree'); at !== -1; at = names.indexOf('uv__signal_tree', at + 1)) {
    const name = names.toString('latin1', at, names.indexOf(0, at));
    if (names[at - 1] === 0 && treeName.test(name)) places.add(at);
  }
  const found = new Set<bigint>();
  for (let at = 0; at + symbolSize <= symbols.length; at += symbolSize) {
    if (places.has(symbols.readUInt32LE(at))) found.add(symbols.readBigUInt64LE(at + 8));
  }
  // Of several copies of libuv in one program nobody knows which one has the listener.
  return found.size === 1 ? [...found][0] : undefined;
}

/** Where a movable executable was put: at its first mapping. */
function baseOf(pid: number): bigint {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
  const device = /^(\S+-\S+) \S+ 00000000 (\S+ \d+) /;
  // The executable is mapped first; libraries and the heap lie above it.
  const [, range = ''] = device.exec(maps[0] ?? '') ?? [];
  if (range === '') throw new Error('no mapping of the executable');
  return BigInt(`0x${range.split('-')[0]}`);
}
