import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkStore, FileMediaBytes, type SqlStore } from '@openguild/storage';
import { type Acknowledged, CrashFinding } from './acknowledged.ts';

const [SHARED, ALGORITHM] = ['@shared:a.example', 'signed_curve25519'];

/** Everything that was acknowledged is in the store, nothing is there twice, and a check finds nothing. Throws CrashFinding. `run`: the last. */
export async function compare(store: SqlStore, media: string, all: Acknowledged, run: string): Promise<void> {
  await compareEvents(store, all, run);
  const values = new Set((await store.values.entries('crash')).map(([key]) => key));
  for (const value of values) all.seen.add(value);
  all.compare('value', values);
  await compareAccounts(store, all, `@${run}:a.example`);
  await compareMedia(store, media, all);
  const report = await checkStore(store, { hashes: false });
  if (report.finding_count > 0) throw new CrashFinding(`check: ${JSON.stringify(report.findings.slice(0, 5))}`);
}

async function compareEvents(store: SqlStore, all: Acknowledged, run: string): Promise<void> {
  const there = new Map<string, number>();
  for (let after = 0; ; ) {
    const page = await store.rooms.stream(after, 1_000);
    if (page.length === 0) break;
    for (const { position, stored } of page) {
      if (there.has(stored.event.event_id)) throw new CrashFinding(`${stored.event.event_id} is there twice`);
      there.set(stored.event.event_id, position);
      all.seen.add(stored.event.event_id);
    }
    after = page.at(-1)?.position ?? 0;
  }
  const waiting = new Set((await store.outgoing.peek('b.example', 10_000_000)).map((item) => item.event_id));
  for (const [id, { position, sent, txn, run: ofRun }] of all.events) {
    if (there.get(id) !== position)
      throw new CrashFinding(`${id} was acknowledged at ${position}, and is at ${there.get(id) ?? 'no position'}`);
    if (sent && !waiting.has(id)) throw new CrashFinding(`${id} was to be sent, and is in no queue`);
    if (txn === '-' || ofRun !== run) continue;
    const found = await store.rooms.clientTransaction({ user_id: '@a:a.example', device_id: run, txn_id: txn });
    if (found?.event_id !== id) throw new CrashFinding(`transaction ${txn} of ${id} is lost`);
  }
}

/** Accounts, tokens, devices, messages and one-time keys. */
async function compareAccounts(store: SqlStore, all: Acknowledged, user: string): Promise<void> {
  const column = async (query: string, ...values: string[]): Promise<Set<string>> => {
    const rows = await store.driver.reader.all<{ id: string }>(query, ...values);
    if (new Set(rows.map(({ id }) => id)).size !== rows.length) throw new CrashFinding(`something is there twice: ${query}`);
    return new Set(rows.map(({ id }) => id));
  };
  all.compare('account', await column('SELECT user_id AS id FROM accounts'));
  all.compare('token', await column('SELECT token_hash AS id FROM tokens'));
  all.compare('device', await column("SELECT user_id || '/' || device_id AS id FROM devices"));
  const waiting = await store.toDevice.read(user, 'd', 0, 100_000);
  const ids = waiting.map(({ content }) => `${user}/${String(content['n'])}`);
  if (new Set(ids).size !== ids.length) throw new CrashFinding('a message waits twice');
  all.compare('message', new Set(ids), (id) => id.startsWith(`${user}/`));
  // Of the last run's own device all that are left, of the device that all runs share one; so later runs go on with it.
  for (const [owner, most] of [
    [user, Infinity],
    [SHARED, 1],
  ] as const) {
    for (let n = 0; n < most; n++) {
      const key = await store.devices.claimOneTimeKey(owner, 'd', ALGORITHM);
      if (key === undefined) break;
      all.claim(owner, key.key_id);
    }
  }
}

/** Bytes have the hash that they are named by, also those that nobody was told of; and whatever was half-written is gone once something is stored. */
async function compareMedia(store: SqlStore, folder: string, all: Acknowledged): Promise<void> {
  const media = new FileMediaBytes(folder);
  await media.put(bytesOf('after'), 100);
  if ((await readdir(join(folder, 'incoming'))).length > 0) throw new CrashFinding('half-written media are still there');
  const there = new Set<string>();
  for (const part of await readdir(folder)) {
    for (const name of await readdir(join(folder, part))) {
      const hash = createHash('sha256')
        .update(await readFile(join(folder, part, name)))
        .digest('hex');
      if (hash !== name || part !== name.slice(0, 2)) throw new CrashFinding(`the bytes of media ${name} are others`);
      there.add(name);
    }
  }
  all.compare('bytes', there);
  for (const sha256 of all.ids('media')) {
    const record = await store.media.find('a.example', sha256.slice(0, 20));
    if (record?.sha256 !== sha256 || !there.has(sha256)) throw new CrashFinding(`media ${sha256} was acknowledged, and is lost`);
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
