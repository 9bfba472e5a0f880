import { expect } from 'chai';
import pg from 'pg';
import { ForeignDatabaseError, NewerSchemaError, StorageError } from '../../src/errors.ts';
import { openStore } from '../../src/open-store.ts';
import { preparePostgres } from '../../src/postgres/postgres-schema.ts';
import { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { escapeText, unescapeText } from '../../src/postgres/text-escape.ts';
import { newSchema, postgresOrSkip, type PostgresServer } from './postgres-server.ts';

describe('opening a Postgres store', () => {
  let server: PostgresServer;
  let client: pg.Client;
  before(async function () {
    server = await postgresOrSkip(this);
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
  });
  after(() => client?.end());
  const refusal = (schema: string): Promise<unknown> =>
    PostgresStore.open({ url: server.url, schema }).then(
      (store) => store.close(),
      (error: unknown) => error,
    );

  it('refuses a schema of a newer version, and leaves it as it is', async () => {
    const schema = newSchema();
    await (await PostgresStore.open({ url: server.url, schema })).close();
    await client.query(`UPDATE ${schema}.openguild_schema SET version = 999`);
    const error = await refusal(schema);
    expect(error).to.be.instanceOf(NewerSchemaError);
    expect((error as Error).message).to.include('999');
    expect((await client.query(`SELECT version FROM ${schema}.openguild_schema`)).rows).to.deep.equal([{ version: 999 }]);
  });

  it('refuses a schema of another program', async () => {
    const schema = newSchema();
    await client.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.recipes (name text)`);
    expect(await refusal(schema)).to.be.instanceOf(ForeignDatabaseError);
  });

  it('goes on with schema steps where an interrupted start stopped', async () => {
    const schema = newSchema();
    const own = new pg.Client({ connectionString: server.url, options: `-c search_path=${schema}` });
    await own.connect();
    const steps = ['CREATE TABLE one (n INTEGER) STRICT;', 'CREATE TABLE two (n INTEGER) STRICT; INSERT INTO two VALUES (2);'];
    await preparePostgres(own, schema, steps.slice(0, 1));
    const failed = await preparePostgres(own, schema, [...steps, 'CREATE TABLE three (n INTEGER); NONSENSE']).catch(
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(Error);
    await preparePostgres(own, schema, steps);
    expect((await own.query('SELECT count(*)::int AS n FROM two')).rows).to.deep.equal([{ n: 1 }]);
    expect((await own.query("SELECT to_regclass('three') AS found")).rows).to.deep.equal([{ found: null }]);
    await own.end();
  });

  it('says what is the matter with a place that it cannot use', async () => {
    const unreachable = await openStore('postgres://nobody@127.0.0.1:1/none').catch((error: unknown) => error);
    expect(unreachable).to.be.instanceOf(StorageError).with.property('message', 'the Postgres database cannot be used');
    const named = await PostgresStore.open({ url: server.url, schema: 'a; DROP' }).catch((error: unknown) => error);
    expect(named).to.be.instanceOf(StorageError);
  });

  it('writes texts that Postgres does not take in a form that keeps them apart and in order', () => {
    const characters = ['\u0000', '\u0001', '\u0002', 'a'];
    const texts = characters.flatMap((a) => ['', ...characters].flatMap((b) => ['', ...characters].map((c) => a + b + c)));
    for (const text of texts) {
      expect(unescapeText(escapeText(text))).to.equal(text);
      expect(escapeText(text)).not.to.include('\u0000');
      for (const other of texts) expect(Math.sign(compare(escapeText(text), escapeText(other)))).to.equal(Math.sign(compare(text, other)));
    }
  });
});

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
