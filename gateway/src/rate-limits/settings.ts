import { ConfigError, type SettingValues, setting } from '@nova/runtime';
import type { Rate } from './limiter.ts';
import { type RateLimitOptions, type RateRule, rateRules } from './rate-limits.ts';

export const rateLimitSettings = {
  RATE_LIMIT_USER: setting.string({
    default: '100/60',
    description: 'Requests of a signed-in user, as number/seconds or off; queries and mutations are counted apart.',
  }),
  RATE_LIMIT_PUBLIC: setting.string({
    default: '1000/60',
    description: 'Requests without an access token from one address, in the same form.',
  }),
  RATE_LIMIT_FIELDS: setting.map({
    default:
      'login=5/60,register=5/60,loginWithTotp=5/60,beginSignIn=10/60,completeSignIn=10/60,registerWithProvider=5/60',
    description: 'Tries of single root fields from one address, as field=number/seconds; each alias is one.',
  }),
  RATE_LIMIT_COST: setting.integer({
    default: 100,
    min: 1,
    description: 'Cost that counts as one request; an operation of more counts as several.',
  }),
  RATE_LIMITS_FAIL_CLOSED: setting.list({
    default: 'fields',
    description:
      'Rate limits (user, public, fields) that refuse while Redis is away; the others then count in the process.',
  }),
};

/** Throws ConfigError with every problem. */
export function toRateLimits(flat: SettingValues<typeof rateLimitSettings>): RateLimitOptions {
  const problems: string[] = [];
  const rate = (name: string, text: string): Rate | undefined => {
    const [, points, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,4})$/.exec(text) ?? [];
    if (points !== undefined && seconds !== undefined) return { points: Number(points), seconds: Number(seconds) };
    if (text !== 'off') problems.push(`${name} is number/seconds (100/60) or off, not "${text}"`);
    return undefined;
  };
  const fields = [...flat.RATE_LIMIT_FIELDS].flatMap(([field, text]) => {
    const limit = rate(`RATE_LIMIT_FIELDS for ${field}`, text);
    return limit ? [[field, limit] as const] : [];
  });
  const failClosed = flat.RATE_LIMITS_FAIL_CLOSED.flatMap((name) => {
    const rule = rateRules.find((it): it is RateRule => it === name);
    if (!rule) problems.push(`RATE_LIMITS_FAIL_CLOSED knows ${rateRules.join(', ')}, not "${name}"`);
    return rule ?? [];
  });
  const options = {
    user: rate('RATE_LIMIT_USER', flat.RATE_LIMIT_USER),
    public: rate('RATE_LIMIT_PUBLIC', flat.RATE_LIMIT_PUBLIC),
    fields: new Map(fields),
    failClosed: new Set(failClosed),
    costUnit: flat.RATE_LIMIT_COST,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return options;
}
