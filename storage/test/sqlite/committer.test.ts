import { expect } from 'chai';
import Database from 'better-sqlite3';
import { StoreClosedError, StoreFailedError } from '../../src/errors.ts';
import { Committer } from '../../src/sqlite/committer.ts';

describe('group commit', () => {
  let db: Database.Database;
  let statements: string[];
  let committer: Committer;
  beforeEach(() => {
    statements = [];
    db = new Database(':memory:', { verbose: (sql) => statements.push(String(sql)) });
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT');
    committer = new Committer(db);
  });
  afterEach(() => db.close());
  const insert = (n: number) => () => db.prepare('INSERT INTO t VALUES (?)').run(n).changes;
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
  });

  it('undoes only the work that throws, with all it did', async () => {
    const failing = committer.run(() => {
      insert(2)();
      throw new Error('mine');
    });
    const all = await Promise.all([
      committer.run(insert(1)),
      outcome(failing),
      committer.run(insert(3)),
      outcome(committer.run(insert(1))),
    ]);
    expect(rows()).to.deep.equal([1, 3]);
    expect(all[1]).to.have.property('message', 'mine');
    expect(all[3]).to.have.nested.property('cause.code', 'SQLITE_CONSTRAINT_PRIMARYKEY');
    expect(commits()).to.equal(1);
  });

  it('fails everybody if the transaction cannot be committed, and goes on after that', async () => {
    db.exec('PRAGMA foreign_keys = ON; CREATE TABLE child (t INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED) STRICT');
    const orphan = () => db.prepare('INSERT INTO child VALUES (77)').run();
    const failed = await Promise.all([outcome(committer.run(insert(1))), outcome(committer.run(orphan))]);
    for (const error of failed) expect(error).to.have.nested.property('cause.code', 'SQLITE_CONSTRAINT_FOREIGNKEY');
    expect(rows()).to.deep.equal([]);
    await committer.run(insert(5));
    expect(rows()).to.deep.equal([5]);
  });

  it('writes nothing more once the disk failed', async () => {
    const broken = committer.run(() => {
      throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    });
    const together = await Promise.all([outcome(committer.run(insert(1))), outcome(broken)]);
    for (const error of together) expect(error).to.be.instanceOf(StoreFailedError);
    expect(await outcome(committer.run(insert(2)))).to.be.instanceOf(StoreFailedError);
    expect(rows()).to.deep.equal([]);
  });

  it('writes what waits before it closes, and takes nothing after', async () => {
    const last = committer.run(insert(9));
    committer.close();
    expect(await outcome(committer.run(insert(10)))).to.be.instanceOf(StoreClosedError);
    expect(await last).to.equal(1);
    expect(rows()).to.deep.equal([9]);
  });

  it('takes more than one transaction for very many', async () => {
    await Promise.all(Array.from({ length: 2_500 }, (_, n) => committer.run(insert(n))));
    expect(commits()).to.equal(3);
    expect(rows()).to.have.length(2_500);
  });
});
