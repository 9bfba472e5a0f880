import { mkdir, open, readFile, rename, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { admissionMessage, base64decode, base64encode, canonicalJson, signerFromSeed, type JsonObject, type Signer } from '@openguild/core';
import { keyDocumentMessage } from '../federation/key-document.ts';

/** FED-3: how long a published key document may be believed. */
export const KEY_DOCUMENT_LIFETIME_MS = 24 * 3_600_000;

/** The files that hold a host's identity, or what happened to them. */
export class ServerKeysError extends Error {
  override readonly name = 'ServerKeysError';
}

/**
 * Who this server is: its name and its two keys. The root stands behind the server in every room; the daily key signs events and requests.
 * `keys` is what goes into admissions and key documents, most trusted first.
 */
export class ServerIdentity {
  readonly serverName: string;
  readonly root: Signer;
  readonly daily: Signer;
  readonly keys: readonly [root: string, daily: string];

  constructor(serverName: string, root: Signer, daily: Signer) {
    this.serverName = serverName;
    this.root = root;
    this.daily = daily;
    this.keys = [root.key_id, daily.key_id];
  }

  /** FED-3: what `GET /_federation/key` answers, signed by the root. `now` in milliseconds since 1970. */
  keyDocument(now: number): JsonObject {
    const document = {
      server_name: this.serverName,
      root: this.root.key_id,
      keys: [...this.keys],
      valid_until_ts: now + KEY_DOCUMENT_LIFETIME_MS,
    };
    return { ...document, signature: base64encode(this.root.sign(keyDocumentMessage(document))) };
  }

  /** The root's statement that these keys are this server's in that room: what `m.server.admission` carries as `proof`. */
  proofFor(roomId: string): string {
    return base64encode(this.root.sign(admissionMessage(roomId, this.serverName, this.root.key_id, this.keys)));
  }
}

const ROOT_FILE = 'root.json';
const DAILY_FILE = 'daily.json';
const SEED_BYTES = 32;

/**
 * Opens the keys in `folder`, and makes them on the first start. Each is a file of its own, so that the root can be moved to a safer place
 * than the daily key. Never overwrites: a server that lost its root is another server to everybody else.
 */
export async function openServerKeys(
  folder: string,
  options: { readonly serverName: string; randomBytes(count: number): Uint8Array },
): Promise<ServerIdentity> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [root, daily] = [await readSeed(folder, ROOT_FILE), await readSeed(folder, DAILY_FILE)];
  if (root === undefined && daily !== undefined) {
    throw new ServerKeysError(`${join(folder, ROOT_FILE)} is missing though ${DAILY_FILE} is there: restore it from a backup`);
  }
  const rootSeed = root ?? (await makeSeed(folder, ROOT_FILE, options));
  const dailySeed = daily ?? (await makeSeed(folder, DAILY_FILE, options));
  for (const [file, made] of [
    [ROOT_FILE, rootSeed],
    [DAILY_FILE, dailySeed],
  ] as const) {
    if (made.serverName !== options.serverName) {
      throw new ServerKeysError(`${join(folder, file)} belongs to the server ${made.serverName}, not to ${options.serverName}`);
    }
  }
  return new ServerIdentity(options.serverName, signerFromSeed(rootSeed.seed), signerFromSeed(dailySeed.seed));
}

interface StoredSeed {
  readonly serverName: string;
  readonly seed: Uint8Array;
}

async function readSeed(folder: string, file: string): Promise<StoredSeed | undefined> {
  const path = join(folder, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ServerKeysError(`cannot read ${path}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ServerKeysError(`${path} is not JSON`, { cause: error });
  }
  const fields = value as { readonly server_name?: unknown; readonly key_id?: unknown; readonly seed?: unknown } | null;
  const seed = typeof fields?.seed === 'string' ? base64decode(fields.seed) : undefined;
  if (seed === undefined || seed.length !== SEED_BYTES || typeof fields?.server_name !== 'string') {
    throw new ServerKeysError(`${path} does not hold a seed of ${SEED_BYTES} bytes and a server name`);
  }
  if (signerFromSeed(seed).key_id !== fields.key_id) throw new ServerKeysError(`${path}: key_id does not belong to the seed`);
  return { serverName: fields.server_name, seed };
}

async function makeSeed(
  folder: string,
  file: string,
  options: { readonly serverName: string; randomBytes(count: number): Uint8Array },
): Promise<StoredSeed> {
  const seed = Uint8Array.from(options.randomBytes(SEED_BYTES));
  const text = canonicalJson({ key_id: signerFromSeed(seed).key_id, seed: base64encode(seed), server_name: options.serverName });
  await writeOnce(folder, file, `${text}\n`, Buffer.from(options.randomBytes(8)).toString('hex'));
  return { serverName: options.serverName, seed };
}

/** On disk whole, readable by its owner alone, before anything is signed with it; a torn write leaves no file of that name. */
async function writeOnce(folder: string, file: string, text: string, unique: string): Promise<void> {
  const temporary = join(folder, `.${file}.${unique}`);
  try {
    await withFile(await open(temporary, 'wx', 0o600), async (handle) => {
      await handle.writeFile(text);
      await handle.sync();
    });
    await rename(temporary, join(folder, file));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new ServerKeysError(`cannot write ${join(folder, file)}`, { cause: error });
  }
  await withFile(await open(folder, 'r'), (handle) => handle.sync());
}

async function withFile(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
