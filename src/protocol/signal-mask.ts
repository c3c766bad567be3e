import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Which signals of a process Linux tells: those that it ignores, catches and blocks, and those that wait for it. */
export type SignalField = 'SigIgn' | 'SigCgt' | 'SigBlk' | 'ShdPnd';

/** Tells of each signal whether it is in the mask that `/proc/<pid>/status` has in the field. */
export function signalMask(status: string, field: SignalField): (signal: NodeJS.Signals) => boolean {
  // Elsewhere, where not every one of the signals has a number.
  if (status === '') return () => false;
  const mask = BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? 0}`);
  return (signal) => ((mask >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** The text of `/proc/<pid>/status`; empty where there is none. */
export function processStatusText(pid: number | 'self'): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}
