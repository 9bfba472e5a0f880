import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('runtimes/', import.meta.url));

/** The packages that bring the binaries, by operating system, processor and (Linux) C library. */
const BINARIES = {
  deno: [
    ['@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno'],
    ['@deno/darwin-x64/deno', '@deno/darwin-arm64/deno'],
    ['@deno/win32-x64/deno.exe', '@deno/win32-arm64/deno.exe'],
  ],
  bun: [
    ['@oven/bun-linux-x64/bin/bun', '@oven/bun-linux-aarch64/bin/bun'],
    ['@oven/bun-darwin-x64/bin/bun', '@oven/bun-darwin-aarch64/bin/bun'],
    ['@oven/bun-windows-x64/bin/bun.exe', '@oven/bun-windows-aarch64/bin/bun.exe'],
  ],
} as const;

export type RuntimeName = keyof typeof BINARIES;

/** Why the last install did not work. */
let trouble: string | undefined;

/**
 * The runtime's binary, from its npm package: installed once, into a folder of its own, without scripts. Where that does not work: why.
 */
export function runtimeBinary(name: RuntimeName): { readonly path: string } | { readonly trouble: string } {
  const known = present(name);
  if (known !== undefined) return { path: known };
  if (trouble === undefined) trouble = install();
  const path = present(name);
  return path === undefined ? { trouble: trouble ?? 'its package has no binary for this machine' } : { path };
}

function present(name: RuntimeName): string | undefined {
  return BINARIES[name]
    .flat()
    .map((path) => `${FOLDER}node_modules/${path}`)
    .find(existsSync);
}

function install(): string | undefined {
  try {
    execFileSync('npm', ['install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      stdio: 'pipe',
      timeout: 180_000,
      shell: process.platform === 'win32',
    });
    return undefined;
  } catch (error) {
    return `npm install: ${error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)}`;
  }
}
