import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * What a signal to this process is handed on as, each at most once. A Ctrl-C or a service manager often signals the child as
 * well, and npm repeats a signal to this process; most programs take the same signal twice for an order to die at once. As the
 * other signal the request stays a polite one, whether or not the child has had its own already.
 */
const HANDED_ON_AS = { SIGINT: 'SIGTERM', SIGTERM: 'SIGINT', SIGHUP: 'SIGTERM' };

/**
 * Runs a program with this process's terminal and hands requests to stop on to it.
 * Resolves to the exit code to end with: the child's own, or 128 + the number of the signal that killed it.
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const sent = new Set();
    const handOn = (received) => {
      const signal = HANDED_ON_AS[received];
      // On Windows the console tells every process itself, and kill() there is never polite.
      if (process.platform === 'win32' || sent.has(signal)) return;
      sent.add(signal);
      child.kill(signal);
    };
    for (const signal of Object.keys(HANDED_ON_AS)) process.on(signal, handOn);
    const settle = (finish) => {
      for (const signal of Object.keys(HANDED_ON_AS)) process.off(signal, handOn);
      finish();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, signal) => settle(() => resolve(code ?? 128 + constants.signals[signal])));
  });
}
