/** Beginnings of the files that every client can draw; nothing that could hold a script. */
const KINDS = [
  { extension: 'png', mediaType: 'image/png', begins: '89504e470d0a1a0a' },
  { extension: 'jpg', mediaType: 'image/jpeg', begins: 'ffd8ff' },
  { extension: 'gif', mediaType: 'image/gif', begins: '47494638' },
  { extension: 'webp', mediaType: 'image/webp', begins: '52494646' },
] as const;

/** A kind of picture. */
export type PictureKind = (typeof KINDS)[number];

/** What kind of picture these bytes are, whatever their sender calls them; undefined: none. */
export function pictureKind(bytes: Buffer): PictureKind | undefined {
  const head = bytes.subarray(0, 8).toString('hex');
  const kind = KINDS.find(({ begins }) => head.startsWith(begins));
  if (kind?.extension !== 'webp') return kind;
  return bytes.subarray(8, 12).toString('latin1') === 'WEBP' ? kind : undefined;
}
