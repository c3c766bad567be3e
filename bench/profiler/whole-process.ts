import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { childrenCpuNanos } from '#profbuf/cli/children-cpu.js';

/** What a process took from its beginning to its end, with all of its threads. */
export interface WholeProcess {
  /** User and system, to the kernel's tick of 10 ms. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** The most memory that it had, in megabytes. */
  readonly peakMegabytes: number;
  [figure: string]: number;
}

/** The time between two looks at the memory, in milliseconds. */
const lookMs = 20;

/** @throws if the program fails. */
export function wholeProcess(
  [command, ...args]: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<WholeProcess> {
  const cpuBefore = childrenCpuNanos() ?? 0;
  const start = performance.now();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  let peakMegabytes = 0;
  const looks = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, peakOf(child.pid));
  }, lookMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(looks);
      const wallMs = performance.now() - start;
      const cpuMs = ((childrenCpuNanos() ?? 0) - cpuBefore) / 1e6;
      if (code === 0) resolve({ cpuMs, wallMs, peakMegabytes });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}`));
    });
  });
}

/** The kernel keeps the peak, so only what comes after the last look is missed. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}
