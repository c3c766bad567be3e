import { endsOf, type ReportColumns } from './columns.js';
import { VarintReader, VarintWriter } from './varint.js';

/** What is text, and how long the columns behind it are. */
interface Heading extends Omit<ReportColumns, 'functions' | 'frames' | 'nodes' | 'samples'> {
  readonly version: typeof version;
  readonly counts: {
    readonly functions: number;
    readonly frames: number;
    readonly nodes: number;
    readonly samples: number;
  };
  /** Which columns of values are plain floating point numbers: those with numbers below zero, or above 2^53. */
  readonly floats: readonly boolean[];
}

const version = 1;

/**
 * The columns as bytes, to be packed by gzip: a heading as JSON, then numbers as varints, column by column. Of a node there
 * is how many levels lie between the one before it and its parent, mostly 0, and its frame.
 */
export function encodeColumns(columns: ReportColumns): Uint8Array<ArrayBuffer> {
  const { functions, frames, nodes, samples, ...rest } = columns;
  const floats = samples.values.map((column) => column.some((value) => value < 0 || value > Number.MAX_SAFE_INTEGER));
  const heading: Heading = {
    ...rest,
    version,
    counts: {
      functions: functions.name.length,
      frames: frames.function.length,
      nodes: nodes.frame.length,
      samples: samples.node.length,
    },
    floats,
  };
  const writer = new VarintWriter();
  const text = new TextEncoder().encode(JSON.stringify(heading));
  writer.write(text.length);
  writer.bytes(text);
  for (const column of [functions.name, functions.file, functions.startLine, frames.function, frames.line]) {
    for (const number of column) writer.write(number);
  }
  for (let node = 1; node < nodes.parent.length; node++) {
    let levels = 0;
    for (let above = node - 1; above !== nodes.parent[node]; above = nodes.parent[above] ?? 0) levels++;
    writer.write(levels);
  }
  for (let node = 1; node < nodes.frame.length; node++) writer.write(nodes.frame[node] ?? 0);
  let before = 0;
  for (const node of samples.node) {
    writer.write(node - before);
    before = node;
  }
  for (const set of samples.labelSet) writer.write(set);
  samples.values.forEach((column, type) => {
    if (floats[type]) for (const value of column) writer.float(value);
    else for (const value of column) writer.write(value);
  });
  return writer.written();
}

/** @throws {RangeError} for bytes that {@link encodeColumns} has not made, or not all of them. */
export function decodeColumns(bytes: Uint8Array): ReportColumns {
  const reader = new VarintReader(bytes);
  const heading: Heading = JSON.parse(new TextDecoder().decode(reader.bytes(reader.read())));
  const { version: found, counts, floats, ...rest } = heading;
  if (found !== version) throw new RangeError(`this page shows data of version ${version}, and not ${found}`);
  const functions = {
    name: reader.column(counts.functions),
    file: reader.column(counts.functions),
    startLine: reader.column(counts.functions),
  };
  const frames = { function: reader.column(counts.frames), line: reader.column(counts.frames) };
  const parent = new Int32Array(counts.nodes);
  parent[0] = -1;
  for (let node = 1; node < counts.nodes; node++) {
    let above = node - 1;
    for (let levels = reader.read(); levels > 0; levels--) above = parent[above] ?? 0;
    parent[node] = above;
  }
  const frame = new Int32Array(counts.nodes);
  frame[0] = -1;
  for (let node = 1; node < counts.nodes; node++) frame[node] = reader.read();
  const node = new Int32Array(counts.samples);
  let before = 0;
  for (let sample = 0; sample < counts.samples; sample++) {
    before += reader.read();
    node[sample] = before;
  }
  const labelSet = reader.column(counts.samples);
  const values = rest.sampleTypes.map((_, type) => {
    const column = new Float64Array(counts.samples);
    for (let i = 0; i < column.length; i++) column[i] = floats[type] ? reader.float() : reader.read();
    return column;
  });
  return {
    ...rest,
    functions,
    frames,
    nodes: { frame, parent, end: endsOf(parent) },
    samples: { node, labelSet, values },
  };
}
