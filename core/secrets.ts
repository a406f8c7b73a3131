/**
 * Secrets that plugins may read by name: the environment's, and the config's `env`. What was read is kept out of logs and results,
 * and so is what else is known to be one.
 */

type Variables = Readonly<Record<string, string | undefined>>;

export interface Secrets {
  /** Undefined when there is none of this name. */
  find(name: string): string | undefined;
  /** Values that are secret whoever reads them. */
  keep(values: readonly string[]): void;
  /** Values that were found or are kept; another list when there are more. */
  read(): readonly string[];
}

export function createSecrets(env: Variables, configEnv: () => Variables): Secrets {
  let values: readonly string[] = [];
  return {
    find(name) {
      const own = configEnv();
      const value = Object.hasOwn(own, name) ? own[name] : Object.hasOwn(env, name) ? env[name] : undefined;
      if (value !== undefined && !values.includes(value)) values = [...values, value];
      return value;
    },
    keep(more) {
      values = [...new Set([...values, ...more])];
    },
    read: () => values,
  };
}
