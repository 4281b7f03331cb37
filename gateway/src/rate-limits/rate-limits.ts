import type { RedisConnection } from '@nova/cache';
import { AppError } from '@nova/errors';
import { rootFieldCounts } from '@nova/federation';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { callerOf } from './client-address.ts';
import { createLimiter, type Limiter, type Quota, type Rate } from './limiter.ts';

/** `user`: signed-in users; `public`: everybody else, by address; `fields`: the named fields, by address. */
export const rateRules = ['user', 'public', 'fields'] as const;
export type RateRule = (typeof rateRules)[number];

export type RateLimitOptions = {
  /** Undefined where nothing is limited. Queries and mutations have a budget each. */
  readonly user: Rate | undefined;
  readonly public: Rate | undefined;
  /** Tries of one root field, such as login. */
  readonly fields: ReadonlyMap<string, Rate>;
  /** Rules that refuse while Redis is away; the others count in this process. */
  readonly failClosed: ReadonlySet<RateRule>;
  /** Cost that counts as one request; an operation of more counts as several. */
  readonly costUnit: number;
};

export type RateLimitedRequest = {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly cost: number;
  /** Undefined for the public. */
  readonly userId: string | undefined;
  readonly clientAddress: string;
};

export type RateLimitEvents = {
  taken(rule: RateRule, quota: Quota): void;
  /** Fields that are to be limited and that the schema does not have. */
  fieldsUnknown(fields: readonly string[]): void;
};

export type RateLimits = {
  /** A schema is served from now on. */
  serve(schema: GraphQLSchema): void;
  /**
   * Counts a request. The quota that has least left; undefined where none applies. Rejects with SERVICE_UNAVAILABLE
   * while a rule that fails closed cannot count.
   */
  take(
    request: RateLimitedRequest,
  ): Promise<(Quota & { readonly rule: RateRule; readonly field?: string }) | undefined>;
};

export function createRateLimits(
  options: RateLimitOptions & { redis: RedisConnection | undefined; now: () => number; events: RateLimitEvents },
): RateLimits {
  const { events, costUnit } = options;
  const limiterOf = (rule: RateRule, name: string, rate: Rate | undefined): Limiter | undefined =>
    rate && createLimiter({ ...options, name, rate, onFailure: options.failClosed.has(rule) ? 'closed' : 'open' });
  const budgets = {
    user: limiterOf('user', 'user', options.user),
    public: limiterOf('public', 'public', options.public),
  };
  const fields = new Map([...options.fields].map(([field, rate]) => [field, limiterOf('fields', field, rate)]));

  return {
    serve(schema) {
      const roots = [schema.getQueryType(), schema.getMutationType()];
      const unknown = [...fields.keys()].filter((field) => !roots.some((type) => type?.getFields()[field]));
      if (unknown.length > 0) events.fieldsUnknown(unknown);
    },
    async take({ document, operation, cost, userId, clientAddress }) {
      const caller = callerOf(clientAddress);
      if (fields.size > 0)
        for (const [field, count] of rootFieldCounts(operation, document)) {
          const quota = await fields.get(field)?.(caller, count);
          if (quota) events.taken('fields', quota);
          if (quota && !quota.isAllowed) return { ...quota, rule: 'fields', field };
        }
      const rule = userId === undefined ? 'public' : 'user';
      const points = Math.max(1, Math.ceil(cost / costUnit));
      const quota = await budgets[rule]?.(`${operation.operation}:${userId ?? caller}`, points);
      if (quota) events.taken(rule, quota);
      return quota && { ...quota, rule };
    },
  };
}

export function rateLimited({ limit, waitSeconds, rule, field }: Quota & { rule: RateRule; field?: string }): AppError {
  const whose = rule === 'user' ? 'Your' : "Your network address's";
  const what = field === undefined ? `quota of ${limit} is used up` : `${limit} tries of ${field} are used up`;
  return new AppError('RATE_LIMITED', `${whose} ${what}; try again in ${waitSeconds} s.`, {
    details: { rule, limit, retryAfterSeconds: waitSeconds, ...(field !== undefined && { field }) },
  });
}
