/** Attacks on the channel by what a plugin can reach: values that act when they are read, calls after their end, floods. */
import type { ChannelAttack } from "./channel-attack.ts";
import { errorsThrown, lives } from "./channel-lives.ts";
import { requests } from "./channel-requests.ts";
import { values } from "./channel-values.ts";

export const channel: readonly ChannelAttack[] = [...values, ...errorsThrown, ...lives, ...requests];
