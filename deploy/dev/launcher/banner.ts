import { domainPorts } from '@nova/schema';
import { colour } from '../bootstrap/colour.mjs';
import { gatewayUrl, type LauncherOptions } from './options.ts';
import type { Seeded } from './seed-once.ts';

/** What a newcomer needs next: where to look, who to be, what to ask, how to stop. */
export function banner(facts: {
  options: LauncherOptions;
  domains: readonly string[];
  seeded: Seeded;
  kafkaBrokers: string | undefined;
  redisUrl: string | undefined;
  seconds: number;
}): string {
  const { options, domains, seeded, kafkaBrokers, redisUrl } = facts;
  const url = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  const row = (label: string, text: string): [string, string] => [label, text];
  const rows: Array<[string, string]> = [
    ['Try it (GraphiQL)', gatewayUrl(options)],
    ['GraphQL', `POST ${gatewayUrl(options, '/graphql')}`],
    ['Health, metrics', `${url(options.port + 1, '/readyz')}  ${url(options.port + 1, '/metrics')}`],
    ...domains.map((name) => {
      const ports = domainPorts(name, options.port);
      const pages = url(ports.admin, '/metrics');
      return row(`Subgraph ${name}`, `${url(ports.graphql, '/graphql')}  ${pages}`);
    }),
    ...(kafkaBrokers ? [row('Kafka (events)', `KAFKA_BROKERS=${kafkaBrokers}`)] : []),
    ...(redisUrl ? [row('Redis', `REDIS_URL=${redisUrl}`)] : []),
    ['Demo login', `${seeded.demoLogin.email}  ${seeded.demoLogin.password}`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    '',
    colour('bold', colour('green', `Ready in ${facts.seconds.toFixed(1)} s`)),
    '',
    ...rows.map(([label, text]) => `  ${colour('dim', label.padEnd(width))}  ${text}`),
    '',
    'A query to paste:',
    '',
    ...seeded.sample.query.split('\n').map((line) => `  ${line}`),
    '',
    'Its answer, as the gateway just gave it:',
    '',
    `  ${JSON.stringify({ data: seeded.sample.expected })}`,
    '',
    'npm run nova -- plan HomeFeed draws how far an operation fans out; README.md asks for that feed by its id.',
    'Edit schema/subgraphs/*.graphql or a domain under subgraphs/ and see it live. Ctrl-C stops everything.',
    '',
  ].join('\n');
}
