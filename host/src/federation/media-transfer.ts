import type { PeerClient } from './peer-client.ts';

/** A file of another server, as it streams in. Type and name are what that server says: sniff the bytes before believing. */
export interface RemoteMedia {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  readonly fileName: string | null;
}

/** Characters, not code units: half a character has no percent-encoding. */
const MAX_NAME = 255;
/** `%XX` for each of the four bytes that a character takes at most. */
const MAX_ENCODED = 12 * MAX_NAME;
const TYPE = /^[a-z0-9.+-]{1,64}\/[a-z0-9.+-]{1,64}$/;

/** FED-56: a Content-Disposition with the name in RFC 8187 form alone, which holds nothing but letters, digits and %XX: nothing in a name can end the field. */
export function fileNameField(name: string | null): string {
  if (name === null) return 'attachment';
  const encoded = encodeURIComponent(cut(name.toWellFormed())).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename*=UTF-8''${encoded}`;
}

/** The name in such a field; null if there is none that can be read. Without path separators and control characters. */
export function readFileName(field: string | null): string | null {
  const encoded = /^attachment; filename\*=UTF-8''([A-Za-z0-9%._~-]+)$/.exec(field ?? '')?.[1];
  if (encoded === undefined || encoded.length > MAX_ENCODED) return null;
  try {
    const name = cut(decodeURIComponent(encoded).replace(/[\u0000-\u001f\u007f/\\]/g, ''));
    return name === '' ? null : name;
  } catch {
    return null;
  }
}

function cut(name: string): string {
  return [...name].slice(0, MAX_NAME).join('');
}

/** Fetches a file of another server. Undefined if that server does not have it. */
export async function fetchMedia(
  client: PeerClient,
  server: string,
  mediaId: string,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
): Promise<RemoteMedia | undefined> {
  const answer = await client.stream(server, `/_federation/media/${encodeURIComponent(mediaId)}`, limits);
  if (answer === undefined) return undefined;
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return {
    body: answer.body,
    contentType: TYPE.test(type) ? type : 'application/octet-stream',
    fileName: readFileName(answer.headers.get('content-disposition')),
  };
}
