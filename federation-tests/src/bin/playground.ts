// `npm run playground -- [--out FILE | --port N]`: builds the playground, and serves it on the loopback address until it is stopped.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { buildPage } from '../pages/build-page.ts';

const { values } = parseArgs({ options: { out: { type: 'string' }, port: { type: 'string', default: '0' } } });
const page = await buildPage('playground');
if (values.out === undefined) {
  const server = createServer((request, response) => {
    const found = request.url === '/' && (request.method === 'GET' || request.method === 'HEAD');
    response.writeHead(found ? 200 : 404, {
      'content-type': found ? 'text/html; charset=utf-8' : 'text/plain',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? '' : found ? page : 'not here\n');
  });
  server.on('error', (error) => {
    process.stderr.write(`playground: ${error.message}\n`);
    process.exitCode = 1;
  });
  server.listen(Number(values.port), '127.0.0.1', () => {
    process.stdout.write(`the playground: http://127.0.0.1:${(server.address() as AddressInfo).port}/ (Ctrl-C ends it)\n`);
  });
} else {
  writeFileSync(values.out, page);
  process.stdout.write(`the playground: ${values.out}, ${Math.round(page.length / 1024)} KiB, works without a server\n`);
}
