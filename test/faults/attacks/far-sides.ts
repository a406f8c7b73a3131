/** What a far side that is no guest of ours may do, one mode of far-side.cjs each, and how its call ends. */
import type { ErrorCode } from "../../../core/contract/errors.ts";
import type { Attack } from "./attack.ts";

const side = (
  name: string,
  ends: readonly ErrorCode[] | "answers",
  more: Partial<Attack> & { answer?: string; timeoutMs?: number } = {},
): Attack => ({
  ...{
    name,
    class: "channel",
    tries: `a far side: ${name}`,
    holds: "its call ends with a code, and the core is as it was",
    ends,
    source: "(async () => {})",
  },
  ...{ grants: { "fs.read": ["./**"], storage: "64KiB" }, timeoutMs: 10_000 },
  ...more,
});
const violates = (name: string): Attack => side(name, ["GUEST_PROTOCOL"]);
/** Its request is answered with a code; the far side hands that back. */
const refused = (name: string, answer: string): Attack => side(name, "answers", { answer } as Partial<Attack>);

const atStart: readonly Attack[] = [
  side("no hello", ["GUEST_START_FAILED"], { timeoutMs: 30_000, echoes: false }),
  side("hello twice", ["GUEST_PROTOCOL"]),
  side("hello of another protocol", ["GUEST_PROTOCOL", "GUEST_START_FAILED"]),
  side("hello with more", ["GUEST_PROTOCOL", "GUEST_START_FAILED"]),
  side("result before hello", ["GUEST_PROTOCOL", "GUEST_START_FAILED"]),
  side("exits at once", ["GUEST_START_FAILED", "GUEST_CRASHED"]),
  side("dies at once", ["GUEST_START_FAILED", "GUEST_CRASHED"]),
  side("talks on stderr", "answers"),
];

const atLoad: readonly Attack[] = [
  side("reads nothing", ["GUEST_HUNG", "TOOL_TIMEOUT"], { echoes: false, timeoutMs: 4_000 }),
  side("contributes more", ["PLUGIN_UNDECLARED"]),
  side("contributes nonsense", ["PLUGIN_UNDECLARED", "PLUGIN_INVALID", "GUEST_PROTOCOL"]),
  side("contributes a text", ["PLUGIN_UNDECLARED", "PLUGIN_INVALID", "GUEST_PROTOCOL"]),
  side("load twice", ["GUEST_PROTOCOL"]),
];

const bytes: readonly Attack[] = [
  ...[
    "4 GiB frame",
    "negative length",
    "empty frame",
    "frame beyond the limit",
    "garbage",
    "no UTF-8",
    "no JSON",
    "no array",
    "null",
    "deep JSON",
  ].map(violates),
  side("truncated frame and end", ["GUEST_CRASHED", "GUEST_PROTOCOL"]),
  side("truncated frame and silence", ["GUEST_HUNG", "GUEST_PROTOCOL", "TOOL_TIMEOUT"]),
  side("half a length", ["GUEST_HUNG", "GUEST_PROTOCOL", "TOOL_TIMEOUT"]),
];

const frames: readonly Attack[] = [
  ...["unknown kind", "kind of objects", "kinds of the core", "result nobody asked for", "another call's id"].map(violates),
  ...["acknowledges others", "id that is a text", "id that is no whole number", "negative id"].map(violates),
  ...["id beyond safe numbers", "id with an exponent", "ids going backwards", "id twice", "arguments that are no list"].map(
    violates,
  ),
  ...["request for no call", "parts without end", "no parts", "part of nothing", "parts of no JSON", "log of no level"].map(
    violates,
  ),
  side("parts mixed", ["GUEST_PROTOCOL"], {}),
  side("error with a stack", ["GUEST_PROTOCOL"]),
  side("error of no table", ["TOOL_FAILED", "GUEST_PROTOCOL"]),
  side("huge error", ["TOOL_FAILED", "GUEST_PROTOCOL"]),
  side("chunks beyond credit", ["GUEST_PROTOCOL", "GUEST_FLOOD"]),
  side("chunk to no stream", ["GUEST_PROTOCOL"]),
  side("acknowledges twice", ["GUEST_PROTOCOL"]),
  side("result twice", "answers", { answer: "first" } as Partial<Attack>),
  side("result and error", "answers", { answer: "first" } as Partial<Attack>),
  side("request of an ended call", "answers", { answer: "x" } as Partial<Attack>),
  side("no acknowledgement", ["GUEST_HUNG"]),
  side("parts that never come", ["TOOL_TIMEOUT", "GUEST_PROTOCOL"], { timeoutMs: 2_000 }),
  side("__proto__ in a value", "answers"),
  side("terminal codes in a log", "answers"),
  side("answers after cancel", ["TOOL_TIMEOUT"], { timeoutMs: 1_500 }),
];

const asked: readonly Attack[] = [
  refused("unknown method", "REQUEST_INVALID"),
  refused("method of objects", "REQUEST_INVALID"),
  refused("constructor as method", "REQUEST_INVALID"),
  refused("host method", "REQUEST_INVALID"),
  refused("too many arguments", "REQUEST_INVALID"),
  refused("handle that it guessed", "PERMISSION_DENIED"),
  refused("handle of objects", "PERMISSION_DENIED"),
];

const floods: readonly Attack[] = [
  side("values in parts side by side", ["GUEST_PROTOCOL", "GUEST_FLOOD"]),
  side("flood of logs", ["GUEST_LOGS", "GUEST_FLOOD"]),
  side("flood of progress", ["GUEST_FLOOD", "TOOL_TIMEOUT"]),
  side("flood of pings", ["GUEST_FLOOD", "TOOL_TIMEOUT", "GUEST_PROTOCOL"]),
  side("flood of requests", ["GUEST_FLOOD", "GUEST_PROTOCOL", "TOOL_TIMEOUT"]),
];

export const farSides: readonly Attack[] = [...atStart, ...atLoad, ...bytes, ...frames, ...asked, ...floods];
