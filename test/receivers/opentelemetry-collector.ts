import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { root } from '../cli/command.js';

/** Of the builder and of all that goes in. */
export const collectorVersion = 'v0.165.0';

const folder = join(root, 'node_modules/.cache/receivers/collector');
const binary = join(folder, 'otelcol');

const manifest = `dist:
  name: otelcol
  output_path: ${JSON.stringify(folder)}
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver ${collectorVersion}
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/otlphttpexporter ${collectorVersion}
`;

export interface GoModule {
  readonly module: string;
  readonly version: string;
}

export const pprofReceiver: GoModule = {
  module: 'github.com/open-telemetry/opentelemetry-collector-contrib/receiver/pprofreceiver',
  version: 'v0.165.1',
};

/** One compiler at a time, behind everything else: others may be working here. */
const goEnvironment = { ...process.env, GOFLAGS: '-p=1 -buildvcs=false', GOMAXPROCS: '1' };

/** @returns why it is not to be had, if so. */
export function problemOfModule({ module, version }: GoModule): string | undefined {
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    cwd: root,
    encoding: 'utf8',
    env: { ...goEnvironment, GOFLAGS: '-mod=mod' },
  });
  if (status === 0) return undefined;
  const error = /"Error": "(.*)"/.exec(stdout)?.[1] ?? 'go mod download failed';
  return error.replace(/\\n|\\t/g, ' ').replace(/.*(\d{3} \w+)\s+/, '$1: ');
}

/** Builds it with the Collector's own builder from Go modules, or finds it built. @returns why it could not be, if so. */
export function buildCollector(): string | undefined {
  if (existsSync(binary)) return undefined;
  mkdirSync(folder, { recursive: true });
  const config = join(folder, '..', 'builder.yaml');
  writeFileSync(config, manifest);
  const builder = `go.opentelemetry.io/collector/cmd/builder@${collectorVersion}`;
  const { status, stderr, error } = spawnSync('nice', ['-n', '19', 'go', 'run', builder, '--config', config], {
    encoding: 'utf8',
    env: goEnvironment,
  });
  return status === 0 ? undefined : `${error?.message ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-3).join(' ');
}

export function collectorConfig(port: number, exportTo: string): string {
  return `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:${port}
exporters:
  otlp_http:
    profiles_endpoint: ${exportTo}/v1development/profiles
service:
  pipelines:
    profiles:
      receivers: [otlp]
      exporters: [otlp_http]
  telemetry:
    metrics:
      level: none
`;
}

export interface RunningCollector {
  readonly url: string;
  /** What it has written to stderr. */
  log(): string;
  stop(): Promise<void>;
}

/** @param exportTo Where what it takes is sent on to. */
export async function startCollector(exportTo: string): Promise<RunningCollector> {
  const port = await freePort();
  const config = join(folder, '..', 'collector.yaml');
  writeFileSync(config, collectorConfig(port, exportTo));
  const log = join(folder, '..', 'collector.log');
  const output = openSync(log, 'w');
  const child = spawn(binary, ['--config', config, '--feature-gates=+service.profilesSupport'], {
    stdio: ['ignore', output, output],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || tries > 200)
      throw new Error(`the Collector does not listen: ${readFileSync(log, 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
