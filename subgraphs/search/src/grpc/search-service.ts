import { SearchService } from '@nova/proto/nova/search/v1/search_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Deps } from '../deps.ts';

export function searchService({ reindexes }: Deps) {
  return rpcService(
    SearchService,
    {
      async *reindex(_request, { correlationId, traceparent, deadline }) {
        const run = reindexes.run({ cause: { correlationId, traceparent }, signal: deadline.signal });
        for await (const { users, posts, isDone } of run) yield { users: BigInt(users), posts: BigInt(posts), isDone };
      },
    },
    { reindex: 'reindex:search' },
  );
}
