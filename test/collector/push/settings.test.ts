import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PushOptions, type PushSetting, placeOf, pushOptions } from '#profbuf/protocol/push-settings.js';
import { settingsText } from '#profbuf/protocol/session.js';

type Environment = Readonly<Record<string, string>>;

function read(setting: PushSetting, environment: Environment = {}): PushOptions | { readonly problem: string } {
  return pushOptions(setting, { environment, processName: 'app.mjs', kinds: [] });
}

function options(setting: PushSetting, environment: Environment = {}): PushOptions {
  const push = read(setting, environment);
  return 'problem' in push ? assert.fail(push.problem) : push;
}

function problem(setting: PushSetting, environment: Environment = {}): string {
  const push = read(setting, environment);
  return 'problem' in push ? push.problem : assert.fail(JSON.stringify(push));
}

const placeIn = ({ target: { protocol, url } }: PushOptions) => `${protocol} ${url}`;
const nameIn = ({ target }: PushOptions) =>
  target.protocol === 'otlp' ? target.resource['service.name'] : target.applicationName;
const labelsIn = ({ target }: PushOptions) => (target.protocol === 'otlp' ? target.resource : target.seriesLabels);

describe('where profiles are pushed to', () => {
  it('is known by the URL', () => {
    const places: [string, string][] = [
      ['http://pyroscope:4040', 'pyroscope http://pyroscope:4040/push.v1.PusherService/Push'],
      ['http://pyroscope:4040/', 'pyroscope http://pyroscope:4040/push.v1.PusherService/Push'],
      ['https://example.net/tenant/a/', 'pyroscope https://example.net/tenant/a/push.v1.PusherService/Push'],
      ['http://[::1]:4040/ingest', 'pyroscope-ingest http://[::1]:4040/ingest'],
      ['http://p/push.v1.PusherService/Push', 'pyroscope http://p/push.v1.PusherService/Push'],
      ['http://collector:4318', 'otlp http://collector:4318/v1development/profiles'],
      ['http://pyroscope:4040/v1development/profiles', 'otlp http://pyroscope:4040/v1development/profiles'],
      ['pyroscope', 'pyroscope http://localhost:4040/push.v1.PusherService/Push'],
      ['pyroscope-ingest', 'pyroscope-ingest http://localhost:4040/ingest'],
      ['otlp', 'otlp http://localhost:4318/v1development/profiles'],
    ];
    for (const [url, place] of places) assert.equal(placeIn(options(url)), place);
  });

  it('is spoken to as the option says', () => {
    const place = (url: string, protocol: 'otlp' | 'pyroscope') => placeIn(options({ url, protocol }));
    assert.equal(place('http://pyroscope:4040', 'otlp'), 'otlp http://pyroscope:4040/v1development/profiles');
    assert.equal(place('http://p:4318', 'pyroscope'), 'pyroscope http://p:4318/push.v1.PusherService/Push');
  });

  it('is named by the variables of the SDKs, but only where they are asked for', () => {
    const environment = {
      PYROSCOPE_SERVER_ADDRESS: 'http://p:1',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:2/base/',
      OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT: 'http://c:3/any/path',
    };
    const { OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT: _, ...general } = environment;
    assert.equal(placeIn(options('pyroscope', environment)), 'pyroscope http://p:1/push.v1.PusherService/Push');
    assert.equal(placeIn(options('otlp', environment)), 'otlp http://c:3/any/path');
    for (const whole of ['http://c:3/any/path/', 'http://c:3/']) {
      const environment = { OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT: whole };
      assert.equal(placeIn(options('otlp', environment)), `otlp ${whole}`);
    }
    assert.equal(placeIn(options('otlp', general)), 'otlp http://c:2/base/v1development/profiles');
    assert.equal(placeIn(options('http://x:9', environment)), 'pyroscope http://x:9/push.v1.PusherService/Push');
  });

  it('is a URL that a program can post to; what is none is not repeated', () => {
    for (const url of [
      '',
      'here',
      'localhost:4040',
      'ftp://u:s3cret@h',
      'http://',
      'http:///x',
      'http://u:s3cret@h:99999',
      7,
    ]) {
      const text = problem(url as string);
      assert.match(text, /^a place to push to is a URL such as /);
      assert.doesNotMatch(text, /s3cret/);
    }
    for (const [url, variable] of [
      ['otlp', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
      ['otlp', 'OTEL_EXPORTER_OTLP_PROFILES_ENDPOINT'],
      ['pyroscope', 'PYROSCOPE_SERVER_ADDRESS'],
    ] as const) {
      const text = problem(url, { [variable]: 'me:s3cret@collector:4318' });
      assert.match(text, new RegExp(`^${variable}: a place to push to is a URL such as`));
      assert.doesNotMatch(text, /s3cret/);
    }
    assert.match(problem({ url: 'http://h', protocol: 'grpc' as 'otlp' }), /one of pyroscope, pyroscope-ingest, otlp/);
    assert.match(problem('otlp', { OTEL_EXPORTER_OTLP_PROFILES_PROTOCOL: 'grpc' }), /is http\/protobuf/);
  });
});

describe('who pushes', () => {
  it('is told by headers, and by nothing else', () => {
    const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    const cases: [PushSetting, Environment, Record<string, string>][] = [
      ['http://h', {}, {}],
      ['http://me:p%40ss@h', {}, { authorization: basic }],
      [{ url: 'http://h', token: 'abc' }, {}, { authorization: 'Bearer abc' }],
      [{ url: 'http://h', basicAuth: { user: 'me', password: 'p@ss' } }, {}, { authorization: basic }],
      ['http://h', { PYROSCOPE_AUTH_TOKEN: 'abc' }, { authorization: 'Bearer abc' }],
      ['http://me:p%40ss@h', { PYROSCOPE_AUTH_TOKEN: 'abc' }, { authorization: basic }],
      [
        'http://h',
        { PYROSCOPE_BASIC_AUTH_USER: 'me', PYROSCOPE_BASIC_AUTH_PASSWORD: 'p@ss' },
        { authorization: basic },
      ],
      [{ url: 'http://h', tenant: 'a' }, {}, { 'x-scope-orgid': 'a' }],
      ['http://h', { PYROSCOPE_TENANT_ID: 'a' }, { 'x-scope-orgid': 'a' }],
      ['http://h', { PYROSCOPE_HTTP_HEADERS: '{"X-Key":"1"}' }, { 'x-key': '1' }],
      ['otlp', { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b,x=2' }, { 'api-key': 'a b', x: '2' }],
      ['otlp', { OTEL_EXPORTER_OTLP_HEADERS: 'x=2', OTEL_EXPORTER_OTLP_PROFILES_HEADERS: 'x=3' }, { x: '3' }],
      // Pyroscope's secrets are not for others.
      ['http://c:4318', { PYROSCOPE_AUTH_TOKEN: 'abc', PYROSCOPE_TENANT_ID: 'a' }, {}],
      ['http://h', { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a' }, {}],
    ];
    for (const [setting, environment, headers] of cases) {
      const push = options(setting, environment);
      assert.deepEqual(push.headers, headers);
      assert.doesNotMatch(JSON.stringify(push.target), /p@ss|p%40ss|abc/);
    }
  });

  it('does not get a header that is none', () => {
    for (const password of [undefined, null, 7])
      assert.match(
        problem({ url: 'http://h', basicAuth: { user: 'me', password: password as unknown as string } }),
        /^basicAuth has a user and a password, which are texts$/,
      );
    for (const token of ['a\nb', 'ключ'])
      assert.match(problem({ url: 'http://h', token }), /^a header, token or tenant /);
    assert.match(
      problem('http://h', { PYROSCOPE_HTTP_HEADERS: '{"s3cret"' }),
      /^PYROSCOPE_HTTP_HEADERS is a JSON object/,
    );
  });

  it('is not in the file of settings that the command leaves for its processes', () => {
    const secrets: Environment[] = [
      { PROFBUF_PUSH: 'http://me:s3cret@h' },
      { PROFBUF_PUSH: 'http://h/ingest?key=s3cret' },
      { PROFBUF_PUSH: 'http://h', PROFBUF_PUSH_TOKEN: 's3cret' },
    ];
    for (const environment of secrets) {
      const text = settingsText({ ...environment, PROFBUF_RATE: '100' });
      assert.doesNotMatch(text, /s3cret|PUSH/);
      assert.match(text, /PROFBUF_RATE/);
    }
    assert.match(settingsText({ PROFBUF_PUSH: 'http://h' }), /"PROFBUF_PUSH":"http:\/\/h"/);
  });

  it('is named without what may be a secret', () => {
    assert.equal(placeOf('http://h:1/ingest?token=s3cret'), 'http://h:1/ingest');
  });
});

describe('what is pushed', () => {
  it('has the name that the variables give it, or the script', () => {
    const all = {
      OTEL_SERVICE_NAME: 'otel',
      PYROSCOPE_APPLICATION_NAME: 'pyroscope',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=resource',
    };
    const { OTEL_SERVICE_NAME: _, ...withoutOtel } = all;
    const { PYROSCOPE_APPLICATION_NAME: __, ...resourceOnly } = withoutOtel;
    for (const url of ['http://h', 'http://h:4318']) {
      assert.equal(nameIn(options({ url, name: 'mine' }, all)), 'mine');
      assert.equal(nameIn(options(url, all)), 'otel');
      assert.equal(nameIn(options(url, withoutOtel)), 'pyroscope');
      assert.equal(nameIn(options(url, resourceOnly)), 'resource');
      assert.equal(nameIn(options(url)), 'app');
    }
  });

  it('has labels of the variables, under names that servers take', () => {
    const environment = {
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=prod%20eu,host.name=h1,service.name=s',
      PYROSCOPE_LABELS: 'region=eu,host.name=h2',
    };
    const labels = { 'user-id': '1', '0day': 'x', __own: 'y', empty: '' };
    assert.deepEqual(labelsIn(options({ url: 'http://h', labels }, environment)), {
      deployment_environment: 'prod eu',
      host_name: 'h2',
      region: 'eu',
      user_id: '1',
      _0day: 'x',
      _own: 'y',
    });
    assert.deepEqual(labelsIn(options({ url: 'http://h:4318', labels: { a: 'b' } }, environment)), {
      'deployment.environment': 'prod eu',
      'host.name': 'h2',
      region: 'eu',
      a: 'b',
      'service.name': 's',
    });
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, 'x']));
    assert.match(problem({ url: 'http://h', labels: many }), /20 labels at most/);
    assert.match(problem('http://h', { OTEL_RESOURCE_ATTRIBUTES: 'nonsense' }), /^OTEL_RESOURCE_ATTRIBUTES: /);
  });

  it('comes at the interval that is asked for', () => {
    const { intervalMs, timeoutMs, flushMs, queueBytes, kinds } = options('http://h');
    assert.deepEqual(
      { intervalMs, timeoutMs, flushMs, queueBytes, kinds },
      {
        intervalMs: 15_000,
        timeoutMs: 10_000,
        flushMs: 1000,
        queueBytes: 2 ** 24,
        kinds: ['cpu'],
      },
    );
    assert.equal(options({ url: 'http://h', interval: 60 }).intervalMs, 60_000);
    assert.equal(options('http://h', { PYROSCOPE_UPLOAD_INTERVAL: '1m' }).intervalMs, 60_000);
    assert.equal(options('http://h', { PYROSCOPE_FLUSH_INTERVAL_MS: '2500' }).intervalMs, 2500);
    assert.equal(options('otlp', { OTEL_EXPORTER_OTLP_TIMEOUT: '500' }).timeoutMs, 500);
    const files = { OTEL_EXPORTER_OTLP_CERTIFICATE: 'own.pem', NODE_EXTRA_CA_CERTS: 'extra.pem' };
    assert.deepEqual(options('otlp', files).certificates, { authorities: 'own.pem', usualAuthorities: 'extra.pem' });
    const kindsOf = (profiles: readonly string[]) => options({ url: 'http://h', profiles: profiles as ['cpu'] }).kinds;
    assert.deepEqual(kindsOf(['wall', 'cpu', 'wall']), ['wall', 'cpu']);
    const wrong: [Partial<Record<string, unknown>>, RegExp][] = [
      [{ interval: 0.5 }, /interval .* from 1 to 3600/],
      [{ interval: '15' }, /interval/],
      [{ interval: Number.NaN }, /interval/],
      [{ timeoutMs: 1 }, /request .* from 100 to 60000/],
      [{ flushMs: 5000 }, /end .* from 0 to 2000/],
      [{ queueBytes: 1 }, /waits .* from 65536/],
      [{ profiles: [] }, /one or more of cpu, wall, heap, allocs, block/],
      [{ profiles: ['goroutine'] }, /one or more of/],
      [{ profiles: ['heap', 'allocs'] }, /one sampler/],
    ];
    for (const [setting, text] of wrong) assert.match(problem({ url: 'http://h', ...setting }), text);
    assert.match(problem('http://h', { PYROSCOPE_UPLOAD_INTERVAL: 'soon' }), /PYROSCOPE_UPLOAD_INTERVAL/);
  });
});

describe('a variable that is meant for others too', () => {
  it('counts as far as it can: an interval, or a time for requests, is the nearest one', () => {
    assert.equal(options('http://h', { PYROSCOPE_FLUSH_INTERVAL_MS: '200' }).intervalMs, 1000);
    assert.equal(options('http://h', { PYROSCOPE_UPLOAD_INTERVAL: '120m' }).intervalMs, 3_600_000);
    assert.equal(options('otlp', { OTEL_EXPORTER_OTLP_TIMEOUT: '600000' }).timeoutMs, 60_000);
    assert.equal(options('otlp', { OTEL_EXPORTER_OTLP_TIMEOUT: '0' }).timeoutMs, 60_000);
    assert.equal(options('otlp', { OTEL_EXPORTER_OTLP_TIMEOUT: '10s' }).timeoutMs, 10_000);
    assert.match(problem('http://h', { PYROSCOPE_FLUSH_INTERVAL_MS: 'soon' }), /is a number/);
  });

  it('may have a name that every object has', () => {
    const environment = { OTEL_RESOURCE_ATTRIBUTES: 'constructor=acme' };
    assert.deepEqual(labelsIn(options('http://h', environment)), { constructor: 'acme' });
  });

  it('has all its attributes in OTLP, and as many in Pyroscope as a series has room for, behind its labels', () => {
    const names = Array.from({ length: 30 }, (_, i) => `a${i}`);
    const environment = { OTEL_RESOURCE_ATTRIBUTES: names.map((name) => `${name}=1`).join(',') };
    assert.equal(Object.keys(labelsIn(options('otlp', environment))).length, 31);
    const labels = labelsIn(options({ url: 'http://h', labels: { region: 'eu' } }, environment));
    assert.deepEqual(Object.keys(labels), ['region', ...names.slice(0, 19)]);
  });
});

it('two labels that would have one name stay two', () => {
  assert.deepEqual(labelsIn(options({ url: 'http://h', labels: { 'a.b': '1', a_b: '2', 'a-b': '3' } })), {
    a_b: '1',
    a_b_: '2',
    a_b__: '3',
  });
});
