import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../cli/command.js';

export const parcaVersion = 'v0.28.0';

const folder = join(root, 'node_modules/.cache/receivers/parca');
const binary = join(folder, 'parca');

/** Builds it from its Go module, or finds it built. @returns why it could not be, if so. */
export function buildParca(): string | undefined {
  if (existsSync(binary)) return undefined;
  mkdirSync(folder, { recursive: true });
  // By a module of its own: `go install` asks for the list of versions first, which not every proxy has.
  writeFileSync(join(folder, 'go.mod'), `module receivers\n\nrequire github.com/parca-dev/parca ${parcaVersion}\n`);
  const args = ['-n', '19', 'go', 'build', '-o', binary, 'github.com/parca-dev/parca/cmd/parca'];
  const env = { ...process.env, GOFLAGS: '-p=1 -mod=mod -buildvcs=false', GOMAXPROCS: '1' };
  const { status, stderr, error } = spawnSync('nice', args, { cwd: folder, encoding: 'utf8', env });
  return status === 0 ? undefined : `${error?.message ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-3).join(' ');
}

function config(target: string): string {
  return `object_storage:
  bucket:
    type: FILESYSTEM
    config:
      directory: ${JSON.stringify(join(folder, 'data'))}
scrape_configs:
  - job_name: profbuf
    scrape_interval: 5s
    scrape_timeout: 8s
    static_configs:
      - targets: ['${target}']
`;
}

/** @param target What it scrapes. */
export async function startParca(port: number, target: string): Promise<{ url: string; stop(): Promise<void> }> {
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  const file = join(folder, 'parca.yaml');
  writeFileSync(file, config(target));
  const output = openSync(join(folder, 'parca.log'), 'w');
  const child = spawn(binary, [`--config-path=${file}`, `--http-address=127.0.0.1:${port}`], {
    cwd: folder,
    stdio: ['ignore', output, output],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`${url}/api/profiles/types`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || tries > 300) throw new Error(`Parca does not answer: see ${folder}/parca.log`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
