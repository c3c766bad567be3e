import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { ProfileModel } from '../../profile/model.js';
import { ProtobufWriter } from '../../profile/pprof/protobuf.js';
import { encodeOtlp } from '../../profile/write/otlp.js';
import { encodePprof } from '../../profile/write/pprof.js';
import type { PushKind, PushOptions, PushTarget } from '../../protocol/push-settings.js';
import type { Message } from './exchange.js';

const compress = promisify(gzip);

/** Loaded only now: it would take 10 ms of a collector's start. */
function crypto() {
  return process.getBuiltinModule('node:crypto');
}

/** Of `push.v1.PushRequest` and what is in it: push.proto of github.com/grafana/pyroscope. */
const pushRequestField = { series: 1 } as const;
const seriesField = { labels: 1, samples: 2 } as const;
const labelPairField = { name: 1, value: 2 } as const;
const rawSampleField = { rawProfile: 1, id: 2 } as const;

/** The names under which Pyroscope's own SDKs and Grafana know profiles. */
const profileNames: Readonly<Record<PushKind, string>> = {
  cpu: 'process_cpu',
  wall: 'wall',
  heap: 'memory',
  allocs: 'memory',
  block: 'block',
};

type PyroscopeTarget = Exclude<PushTarget, { readonly protocol: 'otlp' }>;

/** The request that takes a profile to its target. */
export function messageOf(
  profile: ProfileModel,
  kind: PushKind,
  sampleRate: number,
  push: PushOptions,
): Promise<Message> {
  const { target, headers } = push;
  switch (target.protocol) {
    case 'pyroscope':
      return pushMessage(profile, kind, target, headers);
    case 'pyroscope-ingest':
      return ingestMessage(profile, sampleRate, target, headers);
    case 'otlp':
      return otlpMessage(profile, target, headers);
  }
}

type Headers = PushOptions['headers'];

/** https://connectrpc.com/docs/protocol, a unary call. */
async function pushMessage(
  profile: ProfileModel,
  kind: PushKind,
  { url, applicationName, seriesLabels }: PyroscopeTarget,
  headers: Headers,
): Promise<Message> {
  const file = await packed(encodePprof(profile));
  const labels = {
    ...seriesLabels,
    __name__: profileNames[kind],
    // What comes is what was added in its own time. Without this, Pyroscope takes allocations and stalls for sums since the
    // start of the program, and keeps the differences of two.
    __delta__: 'false',
    service_name: applicationName,
  };
  const writer = new ProtobufWriter(file.length + 1024);
  writer.message(pushRequestField.series, () => {
    for (const [name, value] of Object.entries(labels)) {
      writer.message(seriesField.labels, () => {
        writer.string(labelPairField.name, name);
        writer.string(labelPairField.value, value);
      });
    }
    writer.message(seriesField.samples, () => {
      writer.bytesField(rawSampleField.rawProfile, file);
      writer.string(rawSampleField.id, crypto().randomUUID());
    });
  });
  const connect = { 'content-type': 'application/proto', 'connect-protocol-version': '1' };
  return { url, headers: { ...headers, ...connect }, body: writer.bytes().slice() };
}

/** The request of Pyroscope's SDKs, with the profile as its whole body. */
async function ingestMessage(
  profile: ProfileModel,
  sampleRate: number,
  { url, applicationName, seriesLabels }: PyroscopeTarget,
  headers: Headers,
): Promise<Message> {
  const labels = Object.entries(seriesLabels).map(([name, value]) => `${name}=${plain(value)}`);
  const fromNanos = BigInt(profile.timeNanos);
  const target = new URL(url);
  const query = {
    name: labels.length === 0 ? plain(applicationName) : `${plain(applicationName)}{${labels.join(',')}}`,
    format: 'pprof',
    from: String(fromNanos / 1_000_000n),
    until: String((fromNanos + BigInt(profile.durationNanos)) / 1_000_000n),
    sampleRate: String(sampleRate),
    spyName: 'profbuf',
  };
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  const body = await packed(encodePprof(profile));
  return { url: target.href, headers: { ...headers, 'content-type': 'application/octet-stream' }, body };
}

/** What stands between a name's braces cannot have these. */
function plain(text: string): string {
  return text.replace(/[{},="\s]/g, '_');
}

async function otlpMessage(
  profile: ProfileModel,
  { url, resource, compresses }: Extract<PushTarget, { protocol: 'otlp' }>,
  headers: Headers,
): Promise<Message> {
  const runtime = { 'process.runtime.name': 'nodejs', 'process.runtime.version': process.versions.node };
  const request = encodeOtlp(profile, {
    resource: { ...runtime, ...resource },
    scope: 'profbuf',
    newProfileId: () => crypto().randomBytes(16),
  });
  const encoding = compresses ? { 'content-encoding': 'gzip' } : {};
  return {
    url,
    headers: { ...headers, 'content-type': 'application/x-protobuf', ...encoding },
    body: compresses ? await packed(request) : request.slice(),
  };
}

/** In memory of its own: it may wait for an hour, and must not hold on to more. */
async function packed(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await compress(bytes, { level: constants.Z_BEST_SPEED }));
}
