import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * How long a Ctrl-C is left to the terminal, which sends it to every process in the foreground; then the child is asked
 * again, by SIGTERM, in case only this process was signalled.
 */
const INTERRUPT_PATIENCE_MS = 2_000;

/**
 * Runs a program with this process's terminal and hands signals on to it.
 * Resolves to the exit code to end with: the child's own, or 128 + the number of the signal that killed it.
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    let timer;
    const onInterrupt = () => {
      if (!process.stdin.isTTY) child.kill('SIGINT');
      else timer ??= setTimeout(() => child.kill('SIGTERM'), INTERRUPT_PATIENCE_MS);
    };
    const onTerminate = () => child.kill('SIGTERM');
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    process.on('SIGHUP', onTerminate);
    const settle = (finish) => {
      clearTimeout(timer);
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onTerminate);
      finish();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, signal) => settle(() => resolve(code ?? 128 + constants.signals[signal])));
  });
}
