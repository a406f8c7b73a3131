/** Where requests go and what they show there: the config's base URL, else the environment's; a key, else a token. */
import { GantryError } from "gantry/errors";
import type { ProviderOptions } from "gantry/plugin";

export interface Credentials {
  kind: "key" | "token";
  secret: string;
  baseUrl: string;
  /** Of the base URL, for messages. */
  host: string;
}

/** PROVIDER_AUTH without usable credentials, PROVIDER_UNREACHABLE for a base URL that is none. */
export function credentialsOf({ env, settings }: Pick<ProviderOptions, "env" | "settings">): Credentials {
  const baseUrl = textOf(settings.baseUrl) ?? textOf(env.ANTHROPIC_BASE_URL) ?? "https://api.anthropic.com";
  const key = textOf(env.ANTHROPIC_API_KEY);
  const secret = key ?? textOf(env.ANTHROPIC_AUTH_TOKEN);
  const name = key === undefined ? "ANTHROPIC_AUTH_TOKEN" : "ANTHROPIC_API_KEY";
  if (secret === undefined)
    throw new GantryError("PROVIDER_AUTH", "no credentials: neither ANTHROPIC_API_KEY nor ANTHROPIC_AUTH_TOKEN is set", {
      detail: { retryable: false },
    });
  if (!/^[\x21-\x7e]+$/.test(secret))
    throw new GantryError("PROVIDER_AUTH", `${name} holds a space or a character that a header cannot carry`, {
      detail: { retryable: false },
    });
  return { kind: key === undefined ? "token" : "key", secret, baseUrl, host: hostOf(baseUrl) };
}

function hostOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.host;
  throw new GantryError("PROVIDER_UNREACHABLE", `the base URL ${JSON.stringify(baseUrl)} is not an http or https URL`, {
    detail: { retryable: false },
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
