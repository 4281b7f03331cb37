import { defineConfig } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';

/** Hive Gateway as the public benchmarks set it up; two variables choose what runs plans and whether equal requests share. */
const { ROUTER_RUNTIME, SHARE_REQUESTS } = process.env;

export const gatewayConfig = defineConfig({
  ...(ROUTER_RUNTIME ? { unifiedGraphHandler } : {}),
  ...(SHARE_REQUESTS ? { inboundInflightRequestDeduplication: true } : {}),
  propagateHeaders: {
    fromClientToSubgraphs({ request }) {
      const authorization = request.headers.get('authorization');
      return authorization ? { authorization } : {};
    },
  },
});
