import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** Everything the page loads, by the path it is served at. */
const assets = [
  { path: '/graphiql/react.js', package: 'react', file: 'umd/react.production.min.js', type: 'text/javascript' },
  {
    path: '/graphiql/react-dom.js',
    package: 'react-dom',
    file: 'umd/react-dom.production.min.js',
    type: 'text/javascript',
  },
  { path: '/graphiql/graphiql.js', package: 'graphiql', file: 'graphiql.min.js', type: 'text/javascript' },
  { path: '/graphiql/graphiql.css', package: 'graphiql', file: 'graphiql.min.css', type: 'text/css' },
] as const;

const sampleQuery = `# Posts with their authors and comments: one query, answered by the content and user services.
# With the header {"x-nova-plan": "1"} (below, at Headers) the answer says how it was fetched; with "dry-run" nothing is.
query PostsWithAuthorsAndComments {
  posts(first: 5) {
    nodes {
      id
      body
      createdAt
      author {
        username
        displayName
      }
      comments(first: 3) {
        nodes {
          body
          author {
            username
          }
        }
      }
    }
  }
}
`;

const start = `ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
    defaultQuery: ${JSON.stringify(sampleQuery)},
  }),
);`;

const style = 'html, body, #graphiql { height: 100%; margin: 0; overflow: hidden; }';

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Nova</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>${style}</style>
</head>
<body>
<div id="graphiql"></div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script>${start}</script>
</body>
</html>
`;

/** Only this server is asked for anything. The editor sets styles on its own elements, hence style-src-attr. */
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src 'self' '${integrity(start)}'`,
  `style-src-elem 'self' '${integrity(style)}'`,
  "style-src-attr 'unsafe-inline'",
  "font-src 'self' data:",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves GraphiQL at `/`, from files of installed packages: it works without a network. */
export async function loadGraphiql(): Promise<(app: FastifyInstance) => void> {
  const require = createRequire(import.meta.url);
  const loaded = await Promise.all(
    assets.map(async (asset) => ({
      ...asset,
      content: await readFile(join(dirname(require.resolve(`${asset.package}/package.json`)), asset.file)),
    })),
  );
  return (app) => {
    app.get('/', async (_request, reply) => {
      reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('content-security-policy', contentSecurityPolicy)
        .header('cache-control', 'no-cache')
        .header('x-content-type-options', 'nosniff');
      return page;
    });
    for (const { path, type, content } of loaded) {
      const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
      app.get(path, async (request, reply) => {
        reply.header('etag', etag).header('cache-control', 'public, max-age=3600');
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        return reply
          .header('content-type', `${type}; charset=utf-8`)
          .header('x-content-type-options', 'nosniff')
          .send(content);
      });
    }
  };
}

function integrity(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
