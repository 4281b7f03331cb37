import cors from '@fastify/cors';
import type { HttpApp } from '@nova/subgraph';

/** Routes that pages of any site may use: what they give goes to holders of links, who need no cookies for it. */
export function openToWebPages(app: HttpApp, serve: (scope: HttpApp) => void): void {
  app.register(async (scope) => {
    await scope.register(cors, { origin: '*', methods: ['GET', 'HEAD', 'PUT'], maxAge: 3_600 });
    serve(scope);
  });
}
