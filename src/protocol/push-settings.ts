/** What can be pushed: time by stack, and what V8's heap sampler and the watch for stalls have. */
export type PushKind = 'cpu' | 'wall' | 'heap' | 'allocs' | 'block';
export const pushKinds: readonly PushKind[] = ['cpu', 'wall', 'heap', 'allocs', 'block'];

/**
 * How a server is spoken to: Pyroscope's `push.v1.PusherService/Push`, its older `/ingest`, or OpenTelemetry's profiles over
 * HTTP.
 */
export type PushProtocol = 'pyroscope' | 'pyroscope-ingest' | 'otlp';
const protocols: readonly PushProtocol[] = ['pyroscope', 'pyroscope-ingest', 'otlp'];

type Texts = Readonly<Record<string, string>>;

/** Where profiles go, and under which names. URLs are whole, and have neither user nor password. */
export type PushTarget =
  | {
      readonly protocol: 'pyroscope' | 'pyroscope-ingest';
      readonly url: string;
      readonly applicationName: string;
      /** Of every series, under names that Prometheus allows. */
      readonly seriesLabels: Texts;
    }
  | {
      readonly protocol: 'otlp';
      readonly url: string;
      readonly compresses: boolean;
      /** Attributes, with `service.name`. */
      readonly resource: Texts;
    };

/** Files in PEM form: whom to trust besides those that Node does, and who one is oneself. */
export interface PushCertificates {
  readonly authorities?: string;
  /** Those of `NODE_EXTRA_CA_CERTS`, which Node does not read again in a thread without environment. */
  readonly usualAuthorities?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** What the collector pushes by. */
export interface PushOptions {
  readonly target: PushTarget;
  /** Secret: tokens and passwords are among them. */
  readonly headers: Texts;
  readonly certificates: PushCertificates;
  readonly intervalMs: number;
  readonly kinds: readonly PushKind[];
  /** What one request may take altogether. */
  readonly timeoutMs: number;
  /** What the program's end may take longer for what is not out yet. */
  readonly flushMs: number;
  /** What waits for its delivery takes no more memory than this. */
  readonly queueBytes: number;
}

export interface PushSettings {
  /**
   * Where to: `http://pyroscope:4040`, `https://user:password@profiles.example.net`, `http://collector:4318`. A path that ends in
   * `/ingest`, `/push.v1.PusherService/Push` or `/v1development/profiles` says the protocol too; without one, port 4318 is
   * OTLP's, and any other is Pyroscope's. `pyroscope` and `otlp` stand for the address that the variables of their SDKs name
   * (`PYROSCOPE_SERVER_ADDRESS`; `OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT`), or else
   * `http://localhost:4040` and `http://localhost:4318`.
   */
  readonly url: string;
  /** Where the URL does not say it. */
  readonly protocol?: PushProtocol;
  /**
   * What the program is called there. Default: `OTEL_SERVICE_NAME`, `PYROSCOPE_APPLICATION_NAME`, `service.name` in
   * `OTEL_RESOURCE_ATTRIBUTES`, the script's name.
   */
  readonly name?: string;
  /** Of all its profiles, besides those in `PYROSCOPE_LABELS` and `OTEL_RESOURCE_ATTRIBUTES`: 20 at most. */
  readonly labels?: Texts;
  /** For `Authorization: Bearer`. Default: `PYROSCOPE_AUTH_TOKEN`, for Pyroscope. */
  readonly token?: string;
  /** For HTTP Basic. Default: what the URL has, or `PYROSCOPE_BASIC_AUTH_USER` and `…_PASSWORD`, for Pyroscope. */
  readonly basicAuth?: { readonly user: string; readonly password: string };
  /** For `X-Scope-OrgID`. Default: `PYROSCOPE_TENANT_ID`, for Pyroscope. */
  readonly tenant?: string;
  /** Further ones. For OTLP those of `OTEL_EXPORTER_OTLP_PROFILES_HEADERS` or `OTEL_EXPORTER_OTLP_HEADERS` come with them. */
  readonly headers?: Texts;
  /** Seconds, 1 to 3600. Default: 15. The first push comes sooner, after a third of it and 5 s at most. */
  readonly interval?: number;
  /** Default: `cpu`, and with it `heap`, `allocs` and `block` where those are sampled and watched from the start. */
  readonly profiles?: readonly PushKind[];
  /** What one request may take altogether, in milliseconds, 100 to 60,000. Default: 10,000; OTLP's variables count too. */
  readonly timeoutMs?: number;
  /** What the program's end may take longer, in milliseconds, 0 to 2000. Default: 1000. */
  readonly flushMs?: number;
  /** What waits for its delivery takes so much memory at most, in bytes, 2^16 to 2^30. Default: 2^24 (16 MiB). */
  readonly queueBytes?: number;
}

/** As `push` is given to `startProfiler`: a URL, or that and more. */
export type PushSetting = string | PushSettings;

export interface PushDefaults {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processName: string;
  /** What is on besides CPU time. */
  readonly kinds: readonly PushKind[];
}

interface Problem {
  readonly problem: string;
}

/** What the program's own variables and the ecosystem's make of a setting. No sentence about what is wrong has a secret in it. */
export function pushOptions(setting: PushSetting, defaults: PushDefaults): PushOptions | Problem {
  const settings = typeof setting === 'object' && setting !== null ? setting : { url: setting };
  const address = addressOf(settings, defaults.environment);
  if ('problem' in address) return address;
  const { protocol } = address;
  const env = protocol === 'otlp' ? otlpSettings(defaults.environment) : pyroscopeSettings(defaults.environment);
  if ('problem' in env) return env;
  const { interval = env.interval ?? 15, timeoutMs = env.timeoutMs ?? 10_000, flushMs = 1000 } = settings;
  const { queueBytes = 2 ** 24, profiles = ['cpu', ...defaults.kinds] } = settings;
  const problem =
    rangeProblem('the interval', interval, intervals, 'seconds') ??
    rangeProblem('the time for a request', timeoutMs, timeouts, 'milliseconds') ??
    rangeProblem('the time at the end', flushMs, { least: 0, most: 2000 }, 'milliseconds') ??
    rangeProblem('the room for what waits', queueBytes, { least: 2 ** 16, most: 2 ** 30 }, 'bytes') ??
    kindsProblem(profiles);
  if (problem !== undefined) return { problem };
  const headers = headersOf(settings, address, env);
  if ('problem' in headers) return headers;
  const names = namesOf(settings, defaults);
  if ('problem' in names) return names;
  const { url } = address;
  return {
    target:
      protocol === 'otlp'
        ? {
            protocol,
            url,
            compresses: env.compresses ?? true,
            resource: { ...names.attributes, ...names.labels, 'service.name': names.applicationName },
          }
        : { protocol, url, applicationName: names.applicationName, seriesLabels: seriesLabels(names) },
    headers: headers.headers,
    certificates: env.certificates ?? {},
    intervalMs: interval * 1000,
    kinds: [...new Set(profiles)],
    timeoutMs,
    flushMs,
    queueBytes,
  };
}

/** Where that is, for people: without what may be a secret. */
export function placeOf(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

interface Address {
  readonly protocol: PushProtocol;
  readonly url: string;
  readonly basicAuth?: { readonly user: string; readonly password: string };
}

const pushForm =
  'a place to push to is a URL such as http://pyroscope:4040 or http://collector:4318, or pyroscope, or otlp';

/** Paths by which a protocol is known, and which it needs. */
const paths: Readonly<Record<PushProtocol, string>> = {
  pyroscope: '/push.v1.PusherService/Push',
  'pyroscope-ingest': '/ingest',
  otlp: '/v1development/profiles',
};

function addressOf({ url: text, protocol: named }: PushSettings, env: PushDefaults['environment']): Address | Problem {
  if (named !== undefined && !protocols.includes(named)) {
    return { problem: `the protocol is one of ${protocols.join(', ')}` };
  }
  if (text === 'otlp' || (text === '' && named === 'otlp')) {
    // As the specification has it: the signal's own endpoint is whole, and the general one has the path added.
    return (
      addressIn(env, 'OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT', 'otlp', true) ??
      addressIn(env, 'OTEL_EXPORTER_OTLP_ENDPOINT', 'otlp', false) ??
      parseAddress('http://localhost:4318', 'otlp', false)
    );
  }
  if (text === 'pyroscope' || text === 'pyroscope-ingest') {
    const protocol = named ?? text;
    return (
      addressIn(env, 'PYROSCOPE_SERVER_ADDRESS', protocol, false) ??
      parseAddress('http://localhost:4040', protocol, false)
    );
  }
  return parseAddress(text, named, false);
}

/** @returns `undefined` where the variable says nothing. */
function addressIn(
  env: PushDefaults['environment'],
  variable: string,
  protocol: PushProtocol,
  isWhole: boolean,
): Address | Problem | undefined {
  const text = env[variable];
  if (!text) return undefined;
  const address = parseAddress(text, protocol, isWhole);
  return 'problem' in address ? { problem: `${variable}: ${address.problem}` } : address;
}

function parseAddress(text: unknown, named: PushProtocol | undefined, isWhole: boolean): Address | Problem {
  // What could not be read may hold a password: it is not repeated.
  if (typeof text !== 'string' || !/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return { problem: pushForm };
  const url = new URL(text);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  const path = url.pathname.replace(/\/+$/, '');
  const byPath = protocols.find((protocol) => path.endsWith(paths[protocol]));
  const protocol = named ?? byPath ?? (url.port === '4318' ? 'otlp' : 'pyroscope');
  if (!isWhole) url.pathname = byPath === protocol ? path : path + paths[protocol];
  const basicAuth = { user: decoded(username), password: decoded(password) };
  return { protocol, url: url.href, ...(username + password === '' ? {} : { basicAuth }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the variables of an SDK say. */
interface SdkSettings {
  readonly token?: string | undefined;
  readonly basicAuth?: { readonly user: string; readonly password: string };
  readonly tenant?: string | undefined;
  readonly headers?: Texts;
  readonly interval?: number;
  readonly timeoutMs?: number;
  readonly compresses?: boolean;
  readonly certificates?: PushCertificates;
}

function pyroscopeSettings(env: PushDefaults['environment']): SdkSettings | Problem {
  const { PYROSCOPE_BASIC_AUTH_USER: user = '', PYROSCOPE_BASIC_AUTH_PASSWORD: password = '' } = env;
  const { PYROSCOPE_FLUSH_INTERVAL_MS: flushMs, PYROSCOPE_UPLOAD_INTERVAL: upload } = env;
  const asked = flushMs ? Number(flushMs) / 1000 : upload ? secondsOf(upload) : undefined;
  const interval = asked === undefined ? undefined : nearest(asked, intervals);
  if (Number.isNaN(interval)) {
    return {
      problem: 'PYROSCOPE_FLUSH_INTERVAL_MS is a number, and PYROSCOPE_UPLOAD_INTERVAL one with a unit, as in 10s',
    };
  }
  const headers = env.PYROSCOPE_HTTP_HEADERS ? jsonTexts(env.PYROSCOPE_HTTP_HEADERS) : {};
  if (headers === undefined) return { problem: 'PYROSCOPE_HTTP_HEADERS is a JSON object of texts' };
  return {
    token: env.PYROSCOPE_AUTH_TOKEN || undefined,
    tenant: env.PYROSCOPE_TENANT_ID || undefined,
    headers,
    ...(user + password === '' ? {} : { basicAuth: { user, password } }),
    ...(interval === undefined ? {} : { interval }),
  };
}

/** `10s`, `1500ms`, `1m`. */
function secondsOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text.trim()) ?? [];
  return (number === '' ? Number.NaN : Number(number)) * ({ ms: 0.001, s: 1, m: 60 }[unit] ?? 1);
}

function jsonTexts(text: string): Texts | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isFit = typeof value === 'object' && value !== null && Object.values(value).every(isText);
    return isFit ? (value as Texts) : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/: the signal's own variable comes before the general one. */
function otlpSettings(env: PushDefaults['environment']): SdkSettings | Problem {
  const of = (name: string) => env[`OTEL_EXPORTER_OTLP_PROFILES_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || '';
  const protocol = env.OTEL_EXPORTER_OTLP_PROFILES_PROTOCOL || 'http/protobuf';
  if (protocol !== 'http/protobuf') {
    return { problem: 'OTEL_EXPORTER_OTLP_PROFILES_PROTOCOL is http/protobuf, and nothing else is spoken here' };
  }
  const headers = pairsOf(of('HEADERS'));
  if (headers === undefined) return { problem: `OTEL_EXPORTER_OTLP_PROFILES_HEADERS or …_OTLP_HEADERS: ${pairsForm}` };
  const timeout = Number(of('TIMEOUT') || Number.NaN);
  // 0 is no limit there, and what is no number is to be ignored.
  const timeoutMs = Number.isNaN(timeout) ? undefined : nearest(timeout === 0 ? timeouts.most : timeout, timeouts);
  const files = {
    authorities: of('CERTIFICATE'),
    usualAuthorities: env.NODE_EXTRA_CA_CERTS ?? '',
    certificate: of('CLIENT_CERTIFICATE'),
    key: of('CLIENT_KEY'),
  };
  return {
    headers,
    compresses: of('COMPRESSION') !== 'none',
    certificates: Object.fromEntries(Object.entries(files).filter(([, path]) => path !== '')),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

const pairsForm = 'it is a list of name=value, with commas between and % before the codes of other characters';

/** `a=1,b=two%20words`; `undefined` when the text is no such list. */
export function pairsOf(text: string): Texts | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at <= 0) return undefined;
    pairs.push([decoded(part.slice(0, at).trim()), decoded(part.slice(at + 1).trim())]);
  }
  return Object.fromEntries(pairs);
}

function headersOf(
  { token = '', basicAuth, tenant, headers }: PushSettings,
  address: Address,
  env: SdkSettings,
): { readonly headers: Texts } | Problem {
  // A variable that is not set would go out as the word for that.
  if (basicAuth !== undefined && !(isText(basicAuth?.user) && isText(basicAuth?.password)))
    return { problem: 'basicAuth has a user and a password, which are texts' };
  // What is said here counts before what an SDK's variables say, and only one of them can be said to the server.
  const basic = basicAuth ?? address.basicAuth ?? (token === '' && !env.token ? env.basicAuth : undefined);
  const bearer = token || ((basicAuth ?? address.basicAuth) ? undefined : env.token);
  const all: Record<string, string> = {};
  if (basic !== undefined) all.authorization = `Basic ${base64(`${basic.user}:${basic.password}`)}`;
  else if (bearer) all.authorization = `Bearer ${bearer}`;
  const organisation = tenant ?? env.tenant;
  if (organisation) all['x-scope-orgid'] = organisation;
  for (const [name, value] of Object.entries({ ...env.headers, ...headers })) all[name.toLowerCase()] = value;
  const isFit = Object.entries(all).every(([name, value]) => isHeader(name, value));
  if (!isFit) return { problem: 'a header, token or tenant has characters that no request can carry' };
  return { headers: all };
}

function isHeader(name: string, value: unknown): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && isText(value) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** Pyroscope refuses a series of more than 30, some of which are its own. */
const mostLabels = 20;

interface Names {
  readonly applicationName: string;
  /** What was said for profiles. */
  readonly labels: Texts;
  /** What was said of the program for all that it sends. */
  readonly attributes: Texts;
  /** How many attributes may be labels of a series too. */
  readonly room: number;
}

function namesOf({ name, labels = {} }: PushSettings, { environment, processName }: PushDefaults): Names | Problem {
  const attributes = pairsOf(environment.OTEL_RESOURCE_ATTRIBUTES ?? '');
  if (attributes === undefined) return { problem: `OTEL_RESOURCE_ATTRIBUTES: ${pairsForm}` };
  const pyroscope = pairsOf(environment.PYROSCOPE_LABELS ?? '');
  if (pyroscope === undefined) return { problem: `PYROSCOPE_LABELS: ${pairsForm}` };
  const { 'service.name': service = '', ...others } = attributes;
  const { OTEL_SERVICE_NAME: otel, PYROSCOPE_APPLICATION_NAME: application } = environment;
  const applicationName = name || otel || application || service || processName.replace(/\.[cm]?[jt]s$/, '') || 'node';
  if (!isText(applicationName)) return { problem: 'the name is a text' };
  const own = { ...pyroscope, ...labels };
  if (!Object.values(own).every(isText)) return { problem: 'the values of labels are texts' };
  const room = mostLabels - Object.keys(own).length;
  if (room < 0) return { problem: `there are ${mostLabels} labels at most` };
  return { applicationName, labels: own, attributes: others, room };
}

/** Names that Pyroscope takes; it refuses a profile for any other, and those with two underscores are its own. */
function seriesLabels({ labels, attributes, room }: Names): Texts {
  const others = Object.entries(attributes).filter(([name]) => !Object.hasOwn(labels, name));
  const series: Record<string, string> = {};
  for (const [name, value] of [...Object.entries(labels), ...others.slice(0, room)]) {
    if (value === '') continue;
    let key = name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?:__+|(?=[0-9]|$))/, '_');
    while (Object.hasOwn(series, key)) key += '_';
    series[key] = value;
  }
  return series;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

const intervals: Range = { least: 1, most: 3600 };
const timeouts: Range = { least: 100, most: 60_000 };

/** What a variable says that is meant for others too is no reason to push nothing. */
function nearest(value: number, { least, most }: Range): number {
  return Math.min(most, Math.max(least, value));
}

function rangeProblem(what: string, value: unknown, { least, most }: Range, unit: string): string | undefined {
  if (typeof value === 'number' && value >= least && value <= most) return undefined;
  return `${what} is a number of ${unit} from ${least} to ${most}`;
}

function kindsProblem(kinds: readonly unknown[]): string | undefined {
  const isFit = Array.isArray(kinds) && kinds.length > 0 && kinds.every((kind) => pushKinds.includes(kind as PushKind));
  if (!isFit) return `what is pushed is one or more of ${pushKinds.join(', ')}`;
  return kinds.includes('heap') && kinds.includes('allocs')
    ? "V8 has one sampler of a thread's heap: push heap or allocs"
    : undefined;
}
