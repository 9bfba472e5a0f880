import { expect } from 'chai';
import Database from 'better-sqlite3';
import { RoomMovedError, StoreClosedError, StoreFailedError } from '../../src/errors.ts';
import { Committer } from '../../src/sql/committer.ts';
import type { WriteTransaction } from '../../src/sql/write-transaction.ts';
import { SqliteDriver } from '../../src/sqlite/sqlite-driver.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('group commit', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let db: Database.Database;
  let driver: SqliteDriver;
  let statements: string[];
  let undone: number;
  let committer: Committer;
  beforeEach(async () => {
    folder = await temporaryFolder();
    statements = [];
    undone = 0;
    db = new Database(`${folder.path}/t.db`, { verbose: (sql) => statements.push(String(sql)) });
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT; CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER)');
    db.exec("INSERT INTO counters VALUES ('events', 0)");
    driver = new SqliteDriver(db);
    committer = new Committer(driver, [{ transactionOver: () => undefined, undone: () => undone++ }]);
  });
  afterEach(async () => {
    await driver.close();
    await folder.remove();
  });
  const insert = (n: number) => (tx: WriteTransaction) => tx.run('INSERT INTO t VALUES (?)', n);
  const rows = (): unknown[] => db.prepare('SELECT n FROM t ORDER BY n').pluck().all();
  const commits = (): number => statements.filter((sql) => sql === 'COMMIT').length;
  const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

  it('writes what waits in one transaction, and answers after it', async () => {
    let before = -1;
    const all = Array.from({ length: 50 }, (_, n) =>
      committer.run(insert(n)).then((changes) => {
        before = commits();
        return changes;
      }),
    );
    expect(commits()).to.equal(0);
    expect(await Promise.all(all)).to.deep.equal(all.map(() => 1));
    expect(before).to.equal(1);
    expect(commits()).to.equal(1);
    expect(statements).not.to.include('SAVEPOINT work');
  });

  it('reads ahead for all before it writes for one', async () => {
    const steps: string[] = [];
    const work = (name: string) => ({
      prepare: async () => steps.push(`prepare ${name}`),
      apply: async () => steps.push(`apply ${name}`),
    });
    await Promise.all(['a', 'b'].map((name) => committer.run(work(name))));
    expect(steps).to.deep.equal(['prepare a', 'prepare b', 'apply a', 'apply b']);
  });

  it('shows readers nothing that is not committed', async () => {
    const count = (): Promise<{ n: number } | undefined> => driver.reader.get<{ n: number }>('SELECT count(*) AS n FROM t');
    const seen = await committer.run(async (tx) => {
      await insert(1)(tx);
      return count();
    });
    expect(seen).to.deep.equal({ n: 0 });
    expect(await count()).to.deep.equal({ n: 1 });
  });

  it('undoes only the work that throws, with all it did', async () => {
    const failing = committer.run(async (tx) => {
      tx.next('events');
      await insert(2)(tx);
      throw new Error('mine');
    });
    const all = await Promise.all([
      committer.run(insert(1)),
      outcome(failing),
      committer.run(insert(3)),
      outcome(committer.run(insert(1))),
      committer.run(async (tx) => tx.next('events')),
    ]);
    expect(rows()).to.deep.equal([1, 3]);
    expect(all[1]).to.have.property('message', 'mine');
    expect(all[3]).to.have.nested.property('cause.code', 'SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(all[4]).to.equal(1);
    expect(commits()).to.equal(1);
    expect(undone).to.be.greaterThan(1);
  });

  it('lets a work that refuses before it wrote anything fail alone: nothing is undone, and nothing is run again', async () => {
    let runs = 0;
    const refusing = committer.run(async (tx) => {
      await tx.all('SELECT n FROM t');
      throw new RoomMovedError('!r:a.example');
    });
    const counted = committer.run(async (tx) => {
      runs++;
      await insert(1)(tx);
    });
    expect(await outcome(refusing)).to.be.instanceOf(RoomMovedError);
    await counted;
    expect([runs, undone, rows()]).to.deep.equal([1, 0, [1]]);
    expect(statements).not.to.include('SAVEPOINT work');
    const late = committer.run(async (tx) => {
      tx.next('events');
      throw new RoomMovedError('!r:a.example');
    });
    await Promise.all([outcome(late), committer.run(insert(2))]);
    expect(undone).to.be.greaterThan(0);
    expect(await committer.run(async (tx) => tx.next('events'))).to.equal(1);
  });

  it('writes nothing more once what follows a commit fails; what was acknowledged before is there', async () => {
    let fails = false;
    const failing = new Proxy(driver, {
      get: (target, name) => {
        if (name === 'afterCommit')
          return async () => {
            if (fails) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
          };
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const own = new Committer(failing);
    await own.run(insert(1));
    // What follows a commit comes after whoever waited for it has gone on.
    await new Promise((resolve) => setTimeout(resolve, 5));
    fails = true;
    await own.run(insert(2));
    expect(await outcome(own.run(insert(3)))).to.be.instanceOf(StoreFailedError);
    expect([rows(), own.hasFailed]).to.deep.equal([[1, 2], true]);
  });

  it('never gives out a number again that somebody was told', async () => {
    const next = (): Promise<number> => committer.run(async (tx) => tx.next('events'));
    expect(await Promise.all([next(), next()])).to.deep.equal([1, 2]);
    expect(await next()).to.equal(3);
  });

  it('fails everybody if the transaction cannot be committed, and goes on after that', async () => {
    db.exec('PRAGMA foreign_keys = ON; CREATE TABLE child (t INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED) STRICT');
    const orphan = (tx: WriteTransaction) => tx.run('INSERT INTO child VALUES (77)');
    const failed = await Promise.all([outcome(committer.run(insert(1))), outcome(committer.run(orphan))]);
    for (const error of failed) expect(error).to.have.nested.property('cause.code', 'SQLITE_CONSTRAINT_FOREIGNKEY');
    expect(rows()).to.deep.equal([]);
    await committer.run(insert(5));
    expect(rows()).to.deep.equal([5]);
  });

  it('writes nothing more once the disk failed', async () => {
    const broken = committer.run(async () => {
      throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    });
    const together = await Promise.all([outcome(committer.run(insert(1))), outcome(broken)]);
    for (const error of together) expect(error).to.be.instanceOf(StoreFailedError);
    expect(await outcome(committer.run(insert(2)))).to.be.instanceOf(StoreFailedError);
    expect(rows()).to.deep.equal([]);
  });

  it('writes what waits before it closes, and takes nothing after', async () => {
    const last = committer.run(insert(9));
    const closing = committer.close();
    expect(await outcome(committer.run(insert(10)))).to.be.instanceOf(StoreClosedError);
    await closing;
    expect(await last).to.equal(1);
    expect(rows()).to.deep.equal([9]);
  });

  it('takes more than one transaction for very many', async () => {
    await Promise.all(Array.from({ length: 2_500 }, (_, n) => committer.run(insert(n))));
    expect(commits()).to.equal(3);
    expect(rows()).to.have.length(2_500);
  });
});
