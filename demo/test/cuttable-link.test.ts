import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { CuttableLink } from '../cuttable-link.ts';

describe('CuttableLink', () => {
  it('lets bytes through, none while it is cut, and some again after it heals', async () => {
    const server = createServer((request, response) => void response.end(`heard ${request.url}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const link = await CuttableLink.open((server.address() as AddressInfo).port);
    const ask = (): Promise<string> =>
      fetch(`http://127.0.0.1:${link.port}/x`).then(
        (answer) => answer.text(),
        () => 'cut off',
      );
    try {
      expect(await ask()).to.equal('heard /x');
      link.cut();
      expect(await ask()).to.equal('cut off');
      expect(await ask()).to.equal('cut off');
      expect(link.refused).to.be.greaterThanOrEqual(2);
      link.heal();
      expect(await ask()).to.equal('heard /x');
    } finally {
      await link.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('breaks a connection that is open when it is cut', async () => {
    const server = createServer((_request, response) => void response.write('first'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const link = await CuttableLink.open((server.address() as AddressInfo).port);
    try {
      const answer = await fetch(`http://127.0.0.1:${link.port}/`);
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).to.equal('first');
      link.cut();
      const rest = await reader.read().then(
        () => 'more',
        () => 'broken',
      );
      expect(rest).to.equal('broken');
    } finally {
      await link.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
