/** What a call goes to, as messages name it. */
import type { CallTarget } from "../core/contract/frames.ts";

export function nameOfTarget(target: CallTarget): string {
  switch (target.part) {
    case "tool":
      return target.name;
    case "command":
      return `the command ${target.id}`;
    case "tap":
      return `tap ${target.place}`;
    default:
      return `the provider ${target.provider}`;
  }
}
