/** notify: a short notice on the user's front end, under the plugin's name. Performed in the core. */
import { nowMs } from "../../core/contract/clock.ts";
import { GantryError } from "../../core/contract/errors.ts";
import type { CoreEffects } from "../../core/contract/execution.ts";
import { plainText } from "../terminal-text.ts";

export interface NotifyRequest {
  text: string;
}

export interface NotifyEnv {
  plugin: string;
  notify: CoreEffects["notify"];
  /** When the plugin's last notices were shown; kept by the core. */
  shown: number[];
}

const maxChars = 1_000;
const mostPerMinute = 20;

export function covers(scope: true): boolean {
  return scope;
}

export function describe({ text }: NotifyRequest): string {
  return `show the notice ${JSON.stringify(text.slice(0, 80))}`;
}

/** USER_UNAVAILABLE without a front end, EFFECT_LIMIT beyond 20 notices a minute. */
export async function perform({ text }: NotifyRequest, { plugin, notify, shown }: NotifyEnv): Promise<void> {
  if (notify === undefined) throw new GantryError("USER_UNAVAILABLE", "There is no session whose user could see a notice.");
  const now = nowMs();
  while (shown.length > 0 && now - (shown[0] ?? 0) > 60_000) shown.shift();
  if (shown.length >= mostPerMinute) {
    throw new GantryError(
      "EFFECT_LIMIT",
      `${plugin} has shown ${mostPerMinute} notices within a minute; the next one waits for its turn.`,
    );
  }
  shown.push(now);
  await notify(shownText(text, maxChars), plugin);
}

/** Text of a plugin as a person may be shown it: no terminal codes, nothing that turns the direction of what follows. */
export function shownText(text: string, most: number): string {
  const plain = plainText(text).replace(/[\p{Cf}\u2028\u2029]/gu, "");
  return plain.length <= most ? plain : `${plain.slice(0, most - 1)}…`;
}
