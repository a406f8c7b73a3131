/** Tool calls of a step, put together from the log and from what the model was told next. */
import type { ModelRequestSeen } from "gantry/testing";
import type { LoggedEvent } from "./log-events.ts";

export interface SeenCall {
  tool: string;
  input: unknown;
  /** Undefined: the call has no end in the log. */
  outcome: "ok" | "failed" | "denied" | undefined;
  code: string | undefined;
  result: string;
}

/** In the order of their tool.call events; ends of calls that an earlier step began are not counted. */
export function callsOf(events: readonly LoggedEvent[], requests: readonly ModelRequestSeen[]): SeenCall[] {
  const told = new Map(
    requests.flatMap((request) => resultsOf(request).map((result) => [result.callId, result.text] as const)),
  );
  return events.flatMap((event, index) => {
    if (event.type !== "tool.call") return [];
    const { callId, name, input } = event.data;
    const later = events.slice(index + 1).filter((each) => each.data["callId"] === callId);
    const end = later.find(({ type }) => type === "tool.result" || type === "tool.failed");
    const changed = later.find(({ type, data }) => type === "tool.start" && data["input"] !== undefined);
    return [
      {
        tool: String(name),
        input: changed?.data["input"] ?? input,
        outcome: outcomeOf(end, later),
        code: typeof end?.data["code"] === "string" ? end.data["code"] : undefined,
        result: told.get(String(callId)) ?? loggedText(end),
      },
    ];
  });
}

/** Of a request whose body is one of ours; others hold none. */
export function resultsOf(request: ModelRequestSeen): { callId: string; isError: boolean; text: string }[] {
  try {
    return request.toolResults;
  } catch {
    return [];
  }
}

function outcomeOf(end: LoggedEvent | undefined, later: readonly LoggedEvent[]): SeenCall["outcome"] {
  if (end === undefined) return undefined;
  if (end.type === "tool.result") return end.data["isError"] === true ? "failed" : "ok";
  return later.some(({ type, data }) => type === "tool.approval" && data["verdict"] === "deny") ? "denied" : "failed";
}

function loggedText(end: LoggedEvent | undefined): string {
  const content = end?.data["content"];
  if (!Array.isArray(content)) return String(end?.data["message"] ?? "");
  return content.map((part: { type?: unknown; text?: unknown }) => (part.type === "text" ? String(part.text) : "")).join("\n");
}
