import { fileTypeFromBuffer } from 'file-type';

/** Image types that browsers show without running anything in them. SVG is a document with scripts, and not among them. */
const SAFE_IMAGES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif']);
export const OCTET_STREAM = 'application/octet-stream';
/** What the sniffer needs to see of a file. */
export const SNIFF_BYTES = 4_100;

/** The type that the first bytes show, never what somebody claims. Text, HTML, SVG and all that is unknown are just bytes. */
export async function sniff(start: Uint8Array): Promise<string> {
  const found = await fileTypeFromBuffer(start).catch(() => undefined);
  return found?.mime ?? OCTET_STREAM;
}

/** API-7. Headers of a download: safe images are shown, everything else is an attachment of no particular type. */
export function mediaHeaders(contentType: string, size: number, fileName: string | null): Record<string, string> {
  const safe = SAFE_IMAGES.has(contentType);
  return {
    'Content-Type': safe ? contentType : OCTET_STREAM,
    'Content-Length': String(size),
    'Content-Disposition': disposition(safe ? 'inline' : 'attachment', fileName),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, max-age=31536000, immutable',
  };
}

const MAX_NAME_LENGTH = 255;

/** A file name as it may be kept: one line of visible characters, no path; null if nothing is left. */
export function cleanFileName(name: string): string | null {
  const last = name.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/gu, '').trim();
  const cut = [...visible].slice(0, MAX_NAME_LENGTH).join('');
  return cut === '' || cut === '.' || cut === '..' ? null : cut;
}

/** RFC 6266 with RFC 8187: an ASCII stand-in, and the name itself percent-encoded. Nothing of the name can end the header. */
function disposition(kind: 'inline' | 'attachment', fileName: string | null): string {
  if (fileName === null) return kind;
  const ascii = fileName.replace(/[^A-Za-z0-9._ -]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
