import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goEnvironment } from '../go-tool.js';

export { skip } from '../go-tool.js';

const folder = mkdtempSync(join(tmpdir(), 'profbuf-go-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const environment = { ...goEnvironment(folder), TZ: 'UTC' };

function go(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync('go', args, { env: environment, encoding: 'utf8', cwd: folder });
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

let files = 0;
function saved(profile: Uint8Array): string {
  const path = join(folder, `${files++}.pb.gz`);
  writeFileSync(path, profile);
  return path;
}

/** What `go tool pprof` with these options prints about the profile. */
export function goPprof(profile: Uint8Array, ...options: string[]): string {
  return go('tool', 'pprof', '-symbolize=none', ...options, saved(profile));
}

/** The sum of the profiles, made and written by Go. */
export function goMerge(...profiles: Uint8Array[]): Uint8Array {
  const output = join(folder, `${files++}.pb.gz`);
  go('tool', 'pprof', '-symbolize=none', '-proto', `-output=${output}`, ...profiles.map(saved));
  return readFileSync(output);
}

/** The CPU and heap profiles of a Go program that calculates Fibonacci numbers under the label route=/fib. */
export function goMadeProfiles(): { cpu: Uint8Array; heap: Uint8Array } {
  const [source, program, cpu, heap] = ['main.go', 'program', 'cpu.pb.gz', 'heap.pb.gz'].map((name) =>
    join(folder, name),
  );
  if (source === undefined || program === undefined || cpu === undefined || heap === undefined) throw new Error();
  writeFileSync(source, goProgram);
  go('build', '-o', program, source);
  const { status, stderr } = spawnSync(program, [cpu, heap], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return { cpu: readFileSync(cpu), heap: readFileSync(heap) };
}

const goProgram = `
package main

import (
	"context"
	"os"
	"runtime/pprof"
	"time"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	cpu, err := os.Create(os.Args[1])
	must(err)
	must(pprof.StartCPUProfile(cpu))
	pprof.Do(context.Background(), pprof.Labels("route", "/fib"), func(context.Context) {
		for start := time.Now(); time.Since(start) < 500*time.Millisecond; {
			fib(25)
		}
	})
	pprof.StopCPUProfile()
	must(cpu.Close())
	heap, err := os.Create(os.Args[2])
	must(err)
	must(pprof.Lookup("heap").WriteTo(heap, 0))
	must(heap.Close())
}
`;
