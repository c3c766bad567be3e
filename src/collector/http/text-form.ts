import type { ProfileModel, Sample } from '../../profile/model.js';
import type { Profile } from '../../profile/profile.js';
import { printable } from '../../profile/text.js';
import type { SnapshotName } from '../profiles/profile-source.js';

/** `debug=1`: the profile as text, in the form that Go gives the one of that name. Stacks are leaf first. */
export function textForm(name: SnapshotName, { model }: Profile): string {
  const samples = model.samples.toSorted((a, b) => Number(b.values[0] ?? 0) - Number(a.values[0] ?? 0));
  const head = heads[name](model);
  const entries = samples.map((sample) => `${entry(name, sample)}\n${stackText(model, sample)}`);
  const comments = model.comments.map((comment) => `# ${printable(comment)}\n`);
  return `${head}\n${entries.join('\n')}${comments.length > 0 ? '\n' : ''}${comments.join('')}`;
}

const heads: Readonly<Record<SnapshotName, (model: ProfileModel) => string>> = {
  allocs: heapHead,
  heap: heapHead,
  block: () => '--- contention:\ncycles/second=1000000000',
  mutex: () => '--- mutex:\ncycles/second=1000000000\nsampling period=1',
  goroutine: (model) => `goroutine profile: total ${total(model, 0)}`,
  threadcreate: (model) => `threadcreate profile: total ${total(model, 0)}`,
};

function heapHead(model: ProfileModel): string {
  return `heap profile: ${heapValues(model.sampleTypes.map((_, i) => total(model, i)))} @ heap/${model.period}`;
}

function total({ samples }: ProfileModel, type: number): number {
  return samples.reduce((sum, { values }) => sum + Number(values[type] ?? 0), 0);
}

function entry(name: SnapshotName, { values }: Sample): string {
  switch (name) {
    case 'allocs':
    case 'heap':
      return `${heapValues(values.map(Number))} @`;
    case 'block':
    case 'mutex':
      return `${values[1]} ${values[0]} @`;
    case 'goroutine':
    case 'threadcreate':
      return `${values[0]} @`;
  }
}

/** In use first, what was allocated in brackets: the other way round than the columns of the profile. */
function heapValues([allocObjects = 0, allocBytes = 0, inUseObjects = 0, inUseBytes = 0]: readonly number[]): string {
  return `${inUseObjects}: ${inUseBytes} [${allocObjects}: ${allocBytes}]`;
}

function stackText({ locations, functions }: ProfileModel, { stack, labels }: Sample): string {
  const labelText = labels.map(({ key, value }) => `${JSON.stringify(key)}:${JSON.stringify(String(value))}`);
  const lines = stack.flatMap((location) =>
    (locations[location]?.lines ?? []).map(({ function: index, line }) => {
      const { name = '', filename = '' } = functions[index] ?? {};
      const place = filename === '' ? '' : `\t${printable(filename)}:${line}`;
      return `#\t${printable(name)}${place}\n`;
    }),
  );
  return `${labelText.length > 0 ? `# labels: {${labelText.join(', ')}}\n` : ''}${lines.join('')}`;
}
