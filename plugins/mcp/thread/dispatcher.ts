/**
 * What fetch sends through: proxies as the core's environment names them, and no time limits of its own, because each request
 * here has one. Node offers the class of its fetch's dispatcher only as that of the one in use.
 */
import http from "node:http";

const inUse = Symbol.for("undici.globalDispatcher.1");
const unlimited = { headersTimeout: 0, bodyTimeout: 0 };

export type Dispatcher = NonNullable<RequestInit["dispatcher"]>;

/** Undefined where this Node does not show the class: its defaults count then (300 s without a byte end an answer). */
export function makeDispatcher(env: Readonly<Record<string, string>>): Dispatcher | undefined {
  if (typeof http.setGlobalProxyFromEnv === "function") http.setGlobalProxyFromEnv({ ...env });
  const current: unknown = Reflect.get(globalThis, inUse);
  if (typeof current !== "object" || current === null) return undefined;
  const proxies = { httpProxy: read(env, "http_proxy"), httpsProxy: read(env, "https_proxy"), noProxy: read(env, "no_proxy") };
  const given = Object.fromEntries(Object.entries(proxies).filter(([, value]) => value !== undefined));
  try {
    const made: unknown = Reflect.construct(current.constructor, [{ ...unlimited, ...given }]);
    return isDispatcher(made) ? made : undefined;
  } catch {
    return undefined;
  }
}

function read(env: Readonly<Record<string, string>>, name: string): string | undefined {
  return env[name] ?? env[name.toUpperCase()];
}

function isDispatcher(made: unknown): made is Dispatcher {
  return typeof made === "object" && made !== null && "dispatch" in made && typeof made.dispatch === "function";
}
