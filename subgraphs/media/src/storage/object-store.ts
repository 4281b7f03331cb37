/** A request that its holder may make until it expires, whoever that is. */
export type SignedRequest = {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  /** To be sent exactly so. */
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: Date;
};

/** From when until when a link is good. */
export type Validity = { readonly signedAt: Date; readonly expiresAt: Date };

/** Where the bytes are. Keys have the form of object-keys.ts. Methods reject with SERVICE_UNAVAILABLE when it is away. */
export type ObjectStore = {
  /** In bytes; undefined without the object. */
  sizeOf(key: string): Promise<number | undefined>;
  /** The object as text; undefined without it. Rejects when it has more than `maxBytes`. */
  readText(key: string, maxBytes: number): Promise<string | undefined>;
  /** Copies the object to a file; tells its size, or undefined without it. Rejects when it has more than `maxBytes`. */
  download(key: string, options: { file: string; maxBytes: number; signal: AbortSignal }): Promise<number | undefined>;
  /** Copies a file to the object, over what there was. */
  upload(key: string, options: { file: string; signal: AbortSignal }): Promise<void>;
  /** Removes every object whose key begins so; nothing happens without any. */
  removeAll(prefix: string, signal: AbortSignal): Promise<void>;
  /** Lets its holder put exactly so many bytes there. */
  signUpload(object: { key: string; bytes: number; contentType: string; expiresAt: Date }): Promise<SignedRequest>;
  /** Lets its holder read it, all of it or ranges. */
  signDownload(key: string, validity: Validity): Promise<string>;
  stop(): void;
};

const contentTypes: Readonly<Record<string, string>> = {
  webp: 'image/webp',
  m3u8: 'application/vnd.apple.mpegurl',
  ts: 'video/mp2t',
};

/** What an object is served as: only what Nova made itself has a type. */
export function contentTypeOf(key: string): string {
  return contentTypes[key.split('.')[1] ?? ''] ?? 'application/octet-stream';
}
