/**
 * The environment of a shell: the user's own (PATH, proxies, language, tool settings are theirs to count on), without names
 * that look like secrets and without the providers' variables; what could wait for a person is answered beforehand.
 */

import { namesSecret } from "../core/contract/secret-names.ts";

type Env = Readonly<Record<string, string | undefined>>;

const providerName = /^(ANTHROPIC|OPENAI|GEMINI|CLAUDE)_/i;
/** Meant for the process that holds them: start files of a shell, descriptors and roles of Node's own children. */
const notForChildren = new Set([
  ...["BASH_ENV", "ENV", "PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "PS4"],
  ...["NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "NODE_UNIQUE_ID", "NODE_TEST_CONTEXT"],
  ...["FORCE_COLOR", "CLICOLOR_FORCE"],
]);

/** A dumb terminal, and nothing that opens an editor or a pager or asks for a password. */
const neverWaits = { TERM: "dumb", PAGER: "cat", GIT_PAGER: "cat", GIT_EDITOR: "true", GIT_TERMINAL_PROMPT: "0" };

/** `extra` is the config's `env`: written by the user for this, so it is taken as it is. */
export function shellEnv(base: Env, extra: Env): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && isForChildren(name)) kept[name] = value;
  }
  Object.assign(kept, neverWaits);
  for (const [name, value] of Object.entries(extra)) if (value !== undefined) kept[name] = value;
  return kept;
}

/** Whether a variable of the core's environment reaches the shells. */
export function isForChildren(name: string): boolean {
  // Exported functions run when a bash starts.
  return !namesSecret(name) && !providerName.test(name) && !notForChildren.has(name) && !name.startsWith("BASH_FUNC_");
}
