import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed link allows: one method on one path, under conditions that it carries along. */
export type LinkTerms = {
  readonly method: string;
  /** As it stands in the URL. */
  readonly path: string;
  readonly expiresAt: Date;
  /** Further parameters that are signed. */
  readonly params?: Readonly<Record<string, string>>;
};

export type UrlSigner = {
  /** The query of the link, without `?`. */
  sign(terms: LinkTerms): string;
  /** The terms of a link that this signer signed for the method and path and that has not expired; else undefined. */
  verify(request: { method: string; path: string; query: URLSearchParams }): LinkTerms | undefined;
};

/** Links signed by HMAC-SHA256 over method, path and every parameter. */
export function createUrlSigner(key: string): UrlSigner {
  const signatureOf = (method: string, path: string, query: URLSearchParams) => {
    const signed = new URLSearchParams(query);
    signed.delete('signature');
    signed.sort();
    return createHmac('sha256', key).update(`${method}\n${path}\n${signed}`).digest();
  };
  return {
    sign({ method, path, expiresAt, params = {} }) {
      const query = new URLSearchParams({ ...params, expires: String(Math.floor(expiresAt.getTime() / 1_000)) });
      query.append('signature', signatureOf(method, path, query).toString('base64url'));
      return String(query);
    },
    verify({ method, path, query }) {
      const given = Buffer.from(query.get('signature') ?? '', 'base64url');
      const expected = signatureOf(method, path, query);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const { expires, signature: _, ...params } = Object.fromEntries(query);
      const expiresAt = new Date(Number(expires) * 1_000);
      return expiresAt.getTime() > Date.now() ? { method, path, expiresAt, params } : undefined;
    },
  };
}
