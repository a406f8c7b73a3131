/** Names of servers' tools as models take them: `mcp__server__tool`, of A-Za-z0-9_- and at most 64 characters. */
import { prefixOf, wordOf } from "./server-words.ts";

const longest = 64;

/** `shortened`: its end gave way to 8 hex digits of a hash of the whole. */
export function toolName(server: string, tool: string): { name: string; shortened: boolean } {
  const whole = `${prefixOf(server)}${wordOf(tool)}`;
  if (whole.length <= longest) return { name: whole, shortened: false };
  const hash = hashOf(`${server}\0${tool}`);
  return { name: `${whole.slice(0, longest - hash.length - 1)}_${hash}`, shortened: true };
}

/** FNV-1a, 8 hex digits. Nothing rests on it but that two names seldom meet, which is seen: node:crypto would cost 3 ms. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
