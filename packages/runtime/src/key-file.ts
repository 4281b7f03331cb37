import type { AppEnv } from './common-settings.ts';
import { ConfigError } from './settings.ts';
import { readTextFile } from './settings-file.ts';

/** Stands above the PEM block of every key that Nova makes by itself; a key file that carries it is for one's own machine only. */
export const developmentKeyMark = 'Made by Nova for development and tests; not to be used elsewhere.';

/**
 * The PEM text of the file that a setting names. Throws ConfigError when it cannot be read and, outside development and
 * test, when the key is one that Nova made by itself.
 */
export function readKeyFile(settingName: string, file: string, appEnv: AppEnv): string {
  const pem = readTextFile(settingName, file);
  const isOwnMachine = appEnv === 'development' || appEnv === 'test';
  if (!isOwnMachine && pem.includes(developmentKeyMark)) {
    throw new ConfigError([
      `${settingName} names a key made for development: APP_ENV=${appEnv} needs a key of its own`,
    ]);
  }
  return pem;
}

/** The token in the file that a setting names, under the same conditions; at least 32 characters of one word. */
export function readTokenFile(settingName: string, file: string, appEnv: AppEnv): string {
  const token = readKeyFile(settingName, file, appEnv).replace(developmentKeyMark, '').trim();
  if (/^\S{32,512}$/.test(token)) return token;
  throw new ConfigError([`${settingName} names a file without a token of 32 to 512 characters: ${file}`]);
}
