/**
 * What the questions of one call may amount to: how many are answered at all, how many leave an event of their own, and how
 * often the model is told that some were declined. A server that asks without end costs neither the log nor the context.
 */
import { GantryError } from "../contract/errors.ts";
import type { EventData } from "../contract/events.ts";
import type { McpAskKind } from "../contract/mcp.ts";
import { printable } from "../contract/printable.ts";
import type { Heard } from "../hooks.ts";

type Asked = EventData["mcp.ask"];

/** Of one question. */
export interface Tally {
  record(data: Asked): void;
  /** A question that nobody answered, for the model. */
  declined(data: Asked): void;
}

export interface Tallies {
  /** MCP_FLOOD beyond what is answered. Without a call nothing of it is put off. */
  of(server: string, kind: McpAskKind, call: number | undefined): Tally;
  /** Says what was put off. */
  ended(call: number): void;
}

export interface TalliesParts {
  record(type: "mcp.ask", data: Asked): void;
  hear(heard: Heard): void;
  /** Rises from turn to turn. */
  turn(): number;
}

/** Of one call; `declined` is the first. */
interface Call {
  server: string;
  kind: Asked["kind"];
  asked: number;
  recorded: number;
  unrecorded: number;
  last?: Asked;
  declined?: Asked;
  declines: number;
}

interface OfServer {
  asked: number;
  toldIn?: number;
}

const mostOfCall = 50;
const mostOfSession = 200;
const mostRecorded = 20;
const kinds: Partial<Record<McpAskKind, Asked["kind"]>> = { elicitUrl: "url", sample: "sample" };

export function createTallies(parts: TalliesParts): Tallies {
  const calls = new Map<number, Call>();
  const servers = new Map<string, OfServer>();

  const serverOf = (name: string): OfServer => {
    const known = servers.get(name) ?? { asked: 0 };
    servers.set(name, known);
    return known;
  };
  const tell = (one: Call): void => {
    const { server, declined, declines } = one;
    const of = serverOf(server);
    const turn = parts.turn();
    if (declined === undefined || of.toldIn === turn) return;
    of.toldIn = turn;
    parts.hear(untold(declined, declines));
  };

  return {
    of(server, kind, call) {
      const one = (call === undefined ? undefined : calls.get(call)) ?? newCall(server, kinds[kind] ?? "form");
      if (call !== undefined) calls.set(call, one);
      count(one, serverOf(server));
      return {
        record: (data) => keep(one, data, parts),
        declined(data) {
          one.declined ??= data;
          one.declines++;
          if (call === undefined) tell(one);
        },
      };
    },
    ended(call) {
      const one = calls.get(call);
      if (one === undefined || !calls.delete(call)) return;
      if (one.unrecorded > 0) parts.record("mcp.ask", rest(one));
      tell(one);
    },
  };
}

function newCall(server: string, kind: Asked["kind"]): Call {
  return { server, kind, asked: 0, recorded: 0, unrecorded: 0, declines: 0 };
}

function count(one: Call, of: OfServer): void {
  const [most, whose] = one.asked >= mostOfCall ? [mostOfCall, "call"] : [mostOfSession, "session"];
  if (one.asked >= mostOfCall || of.asked >= mostOfSession) {
    one.unrecorded++;
    throw new GantryError("MCP_FLOOD", `${most} questions of this ${whose} were taken, and no more are`);
  }
  one.asked++;
  of.asked++;
}

/** Tokens are always recorded: they are counted there. */
function keep(one: Call, data: Asked, { record }: TalliesParts): void {
  one.last = data;
  if (one.recorded >= mostRecorded && data.usage === undefined) one.unrecorded++;
  else {
    one.recorded++;
    record("mcp.ask", data);
  }
}

function rest({ server, kind, unrecorded, asked, last }: Call): Asked {
  const refused = asked >= mostOfCall || last === undefined ? ` (at most ${mostOfCall} of a call are answered)` : "";
  return {
    ...{ server, kind: last?.kind ?? kind, message: "", answer: last?.answer ?? "denied" },
    by: last?.by ?? { kind: "nobody", name: "nobody" },
    reason: `${unrecorded} more questions of this call, not recorded one by one${refused}`,
  };
}

function untold({ server, kind, message, reason = "" }: Asked, times: number): Heard {
  const name = printable(server);
  const what = kind === "url" ? "to open an address" : kind === "form" ? "to fill in a form" : "for an answer of the model";
  const more = times > 1 ? ` It was so ${times} times in that call.` : "";
  const text = `The MCP server ${name} asked the user ${what} (${JSON.stringify(message)}), which was declined: ${reason}.${more}`;
  return { context: [{ by: `MCP server ${name}`, text }] };
}
