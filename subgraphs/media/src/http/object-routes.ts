import { send } from '@fastify/send';
import { AppError } from '@nova/errors';
import type { HttpApp } from '@nova/subgraph';
import { type LocalStore, objectsPath } from '../storage/local-store.ts';
import { contentTypeOf } from '../storage/object-store.ts';
import type { LinkTerms, UrlSigner } from '../storage/url-signer.ts';

/** Takes and gives the bytes of local objects to holders of signed links, ranges too. */
export function serveObjects(app: HttpApp, { store, signer }: { store: LocalStore; signer: UrlSigner }): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // An upload is a stream, whatever it is.
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.get<Route>(`${objectsPath}*`, async ({ params, raw }, reply) => {
      const { expiresAt } = requireTerms(signer, 'GET', raw.url);
      const key = params['*'];
      const maxAge = Math.max(0, expiresAt.getTime() - Date.now());
      const found = await send(raw, key, {
        root: store.root,
        dotfiles: 'deny',
        index: false,
        contentType: false,
        maxAge,
      });
      if (found.type !== 'file' && found.statusCode !== 416)
        throw new AppError('NOT_FOUND', 'There is no such object.');
      return reply
        .code(found.statusCode)
        .headers({ ...found.headers, ...safety, 'content-type': contentTypeOf(key) })
        .send(found.stream);
    });
    scope.put<Route>(`${objectsPath}*`, async ({ params, raw, headers, body }, reply) => {
      const terms = requireTerms(signer, 'PUT', raw.url).params ?? {};
      const bytes = Number(terms.bytes);
      const announced = Number(headers['content-length']);
      if (announced > bytes)
        throw new AppError('BODY_TOO_LARGE', `The upload has more than the ${bytes} bytes announced.`);
      if (announced !== bytes) throw new AppError('BAD_REQUEST', `The upload needs a content-length of ${bytes}.`);
      if (headers['content-type'] !== terms.type)
        throw new AppError('UNSUPPORTED_MEDIA_TYPE', `The upload has to be sent as ${terms.type}.`);
      await store.receive(params['*'], body as typeof raw, bytes);
      return reply.code(200).send();
    });
  });
}

type Route = { Params: { '*': string } };

/** Nothing that is opened by itself may do anything. */
const safety = {
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'cross-origin',
};

/** Throws FORBIDDEN unless the URL was signed for the method and is still good. */
export function requireTerms(signer: UrlSigner, method: string, url = ''): LinkTerms {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const terms = signer.verify({ method, path, query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)) });
  if (!terms) throw new AppError('FORBIDDEN', 'The link is not valid, or not any more.');
  return terms;
}
