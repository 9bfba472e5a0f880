import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import { type Access, notAdmitted } from '../access.ts';
import { fileNameField } from '../media-transfer.ts';

/** Bytes of this host's own media. */
export interface LocalMedia {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  readonly size: number;
  readonly fileName: string | null;
}

const MEDIA_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** FED-56: `GET /_federation/media/:id`: bytes of a file that a user of this host uploaded, for servers admitted to any room here. */
export function mediaRoute(access: Access, open: (mediaId: string) => Promise<LocalMedia | undefined>): ServerRoute {
  return serverRoute({
    method: 'GET',
    path: '/_federation/media/:id',
    rate: 'media',
    handle: async ({ origin, params }) => {
      const id = params['id'] ?? '';
      if (!MEDIA_ID.test(id)) throw new HostError('BAD_REQUEST', 'not a media ID', { rule: 'FED-56' });
      if (!(await access.isPeer(origin))) throw notAdmitted();
      const media = await open(id);
      if (media === undefined) throw new HostError('NOT_FOUND', 'no such file', { rule: 'FED-56' });
      return {
        headers: {
          'content-type': media.contentType,
          'content-length': String(media.size),
          'content-disposition': fileNameField(media.fileName),
        },
        bytes: media.body,
      };
    },
  });
}
