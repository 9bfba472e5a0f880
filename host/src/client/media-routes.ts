import { queryValue } from '../http/query.ts';
import { uploadRoute, userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import { mediaHeaders } from '../media/media-type.ts';
import type { Services } from './services.ts';

export function mediaRoutes({ media }: Pick<Services, 'media'>): Route[] {
  return [
    uploadRoute({
      method: 'PUT',
      path: '/client/v1/media/upload',
      rate: 'media',
      handle: async ({ userId, bytes, query }) => {
        const kept = await media.upload(userId, bytes, queryValue(query, 'file_name'));
        const { server, media_id, content_type, size, file_name } = kept;
        return { status: 201, body: { uri: `mxc://${server}/${media_id}`, content_type, size, file_name } };
      },
    }),
    userRoute({
      method: 'GET',
      path: '/client/v1/media/:server/:id',
      rate: 'media',
      handle: async ({ params: { server = '', id = '' } }) => {
        const { record, bytes } = await media.open(server, id);
        return { headers: mediaHeaders(record.content_type, record.size, record.file_name), bytes };
      },
    }),
  ];
}
