import { ProfBufReader } from '../../buffer/index.js';
import { listenTo } from '../../protocol/channel-listener.js';
import {
  foundState,
  type LabelMessage,
  type LabelState,
  labelProtocolVersion,
  resolvedIndex,
  ringOffset,
  type SwitchReader,
} from '../../protocol/label-records.js';
import { type LabelVisit, lostTag, visitChannels } from '../../protocol/label-visit.js';

const { BroadcastChannel, receiveMessageOnPort, threadId } = process.getBuiltinModule('node:worker_threads');
const { Buffer } = process.getBuiltinModule('node:buffer');

type Channel = InstanceType<typeof BroadcastChannel>;

let state: LabelState | undefined;
let reader: SwitchReader | undefined;
let channel: Channel | undefined;
let ring: { readonly switches: ProfBufReader; readonly resolved: Int32Array } | undefined;

/** A thread hands the memory of its switches over when it first uses a label, now or later. */
function take(message: LabelMessage): void {
  if (!('memory' in message)) return;
  const { memory } = message;
  ring = { switches: new ProfBufReader(memory, ringOffset), resolved: new Int32Array(memory, 0, 1) };
}

/** The event loop of a program that does not come to rest never gets to it. */
function receive(): void {
  if (channel === undefined) return;
  // Its type says MessagePort, and a BroadcastChannel is taken just as well.
  const port = channel as unknown as Parameters<typeof receiveMessageOnPort>[0];
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) take(next.message);
}

export const visit: LabelVisit = {
  arm(name, words) {
    state = foundState();
    if (state === undefined) return 'unused';
    if (state.version !== labelProtocolVersion) return 'other version';
    if (state.reader !== undefined && !state.reader.channel.startsWith(visitChannels)) return 'recorded';
    channel = new BroadcastChannel(name);
    listenTo(channel, (message) => take(message as LabelMessage));
    // It keeps no program alive.
    channel.unref();
    reader = { channel: name, threadId, words };
    state.reader = reader;
    state.implementation?.readerChanged();
    return 'written';
  },

  drain(resolved) {
    receive();
    if (ring === undefined || state?.implementation === undefined) return undefined;
    Atomics.store(ring.resolved, resolvedIndex, resolved);
    const records: number[] = [];
    const { switches } = ring;
    for (let record = switches.next(); record !== null; record = switches.next()) {
      records.push(record.time, record.lost > 0 ? lostTag : record.tag, Math.max(1, record.lost));
    }
    // The thread was interrupted while it published losses, perhaps by this command.
    const since = switches.lossesUnderWaySince;
    if (since !== undefined) records.push(since, lostTag, 0);
    const { buffer } = new Float64Array(records);
    return { records: Buffer.from(buffer).toString('base64'), clock: state.implementation.define([]).clock };
  },

  define: (tags) => state?.implementation?.define(tags).sets ?? [],

  disarm() {
    // A profiler that has begun meanwhile has put its own there.
    if (state !== undefined && reader !== undefined && state.reader === reader) {
      delete state.reader;
      state.implementation?.readerChanged();
    }
    channel?.close();
    channel = undefined;
    ring = undefined;
  },
};
