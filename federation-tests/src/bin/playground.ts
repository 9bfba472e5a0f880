import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { commandLine, whole } from '../command-line.ts';
import { buildPage } from '../pages/build-page.ts';

const values = commandLine({
  name: 'playground',
  description: 'Builds the playground, one page that draws and judges events, and serves it on the loopback address until Ctrl-C.',
  examples: [
    ['--port 8080', 'at http://127.0.0.1:8080/'],
    ['--out page.html', 'only writes the page, which works without a server'],
  ],
  exitCodes: { 0: 'it was ended, or written', 1: 'the port is not free' },
})
  .option('--port <n>', 'port to listen on (default: any that is free)', whole(0, 65_535), 0)
  .option('--out <file>', 'writes the page to this file and serves nothing')
  .parse()
  .opts<{ port: number; out?: string }>();
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
  server.listen(values.port, '127.0.0.1', () => {
    process.stdout.write(`the playground: http://127.0.0.1:${(server.address() as AddressInfo).port}/ (Ctrl-C ends it)\n`);
  });
} else {
  writeFileSync(values.out, page);
  process.stdout.write(`the playground: ${values.out}, ${Math.round(page.length / 1024)} KiB, works without a server\n`);
}
