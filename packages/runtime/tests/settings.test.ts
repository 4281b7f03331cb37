import { expect, test } from 'vitest';
import { ConfigError, readSettings, setting } from '../src/index.ts';

const settings = {
  PORT: setting.integer({ min: 1, max: 65_535, default: 4000, description: 'Port.' }),
  URL: setting.url({ description: 'Where.' }),
  MODE: setting.oneOf(['open', 'closed'], { optional: true, description: 'Mode.' }),
  SWITCH: setting.boolean({ default: false, description: 'Switch.' }),
  PEERS: setting.map({ description: 'Peers.' }),
};

test('what is not set has its default, and what is empty counts as not set', () => {
  expect(readSettings(settings, { URL: 'http://a', PORT: '' })).toEqual({
    PORT: 4000,
    URL: 'http://a',
    MODE: undefined,
    SWITCH: false,
    PEERS: new Map(),
  });
});

test('every problem is named at once', () => {
  const env = { PORT: '70000', MODE: 'ajar', SWITCH: 'yes', PEERS: 'user' };
  const read = () => readSettings(settings, env);
  expect(read).toThrow(ConfigError);
  try {
    read();
  } catch (error) {
    const { problems } = error as ConfigError;
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['PORT', 'URL', 'MODE', 'SWITCH', 'PEERS']);
  }
});
