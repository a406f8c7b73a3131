/** What holds for every step, written or not: requests are the SDK's, the script is played to its end, nothing falls over. */
import type { ModelRequestSeen } from "gantry/testing";
import { type ChildEnd, mostOutputBytes } from "./child.ts";
import { bodyOf } from "./expect-requests.ts";
import { type Failure, quoted, shown } from "./failure.ts";
import type { Place, Step } from "./format.ts";

interface ModelFacts {
  requests: readonly ModelRequestSeen[];
  /** What the script refused. */
  problems: readonly { code: string; message: string }[];
  /** Entries not reached. */
  remaining: number;
}

interface AlwaysFacts {
  end: ChildEnd;
  model: ModelFacts;
  seconds: number;
  /** Whether a session log has new events. */
  hasLog: boolean;
  place: Place;
}

export function checkAlways(step: Step, { end, model, seconds, hasLog, place }: AlwaysFacts): Failure[] {
  return [
    ...checkEnd(step, { end, seconds, place }),
    ...end.cut.map(
      (name): Failure => ({
        place,
        what: `${name} should be at most ${mostOutputBytes} bytes; what came later is not checked`,
      }),
    ),
    ...checkStack(end.stderr, place),
    ...checkModel(step, model, [...place, "model"]),
    ...checkLog(step, { isMissing: model.requests.length > 0 && !hasLog, place }),
    ...model.requests.flatMap((request, index) => checkWire(request, { number: index + 1, place })),
  ];
}

function checkEnd(step: Step, { end, seconds, place }: { end: ChildEnd; seconds: number; place: Place }): Failure[] {
  const told = `${end.exit}; stderr: ${quoted(end.stderr)}`;
  if (end.isTimedOut)
    return [
      { place, what: `the command should end within ${seconds} s; it was ended`, wanted: "an end of its own", found: told },
    ];
  const wanted = step.expect?.exit ?? 0;
  if (end.exit === wanted) return [];
  return [{ place: [...place, "expect", "exit"], what: "the exit code", wanted: String(wanted), found: told }];
}

function checkStack(stderr: string, place: Place): Failure[] {
  const lines = stderr.split("\n");
  const at = lines.findIndex((line) => /^\s+at .*(?::\d+:\d+\)?|\(<anonymous>\))$/.test(line));
  if (at < 0) return [];
  const found = quoted(lines.slice(Math.max(0, at - 3), at + 5).join("\n"));
  return [{ place, what: "stderr should hold no stack trace", wanted: "none", found }];
}

function checkModel(step: Step, { problems, remaining }: ModelFacts, place: Place): Failure[] {
  const entries = step.model ?? [];
  const refused = problems.map(({ code, message }): Failure => {
    const number = /^script: entry (\d+): /.exec(message)?.[1];
    const what = code === "SCRIPT_EXHAUSTED" ? "an unexpected model request came" : "the script's expectation should hold";
    return {
      place: number === undefined ? place : [...place, Number(number) - 1],
      what,
      wanted: number === undefined ? `${entries.length} entries are played, and no more` : shown(entries[Number(number) - 1]),
      found: message.replace(/^script: (?:entry \d+: )?/, ""),
    };
  });
  if (remaining === 0) return refused;
  const first = entries.length - remaining;
  const what = `every entry of the model should be played; ${remaining} of ${entries.length} were not`;
  return [...refused, { place: [...place, first], what, wanted: shown(entries[first], 400), found: `${first} were played` }];
}

/** Without a log, `calls` and `absent` would hold of everything. */
function checkLog(step: Step, { isMissing, place }: { isMissing: boolean; place: Place }): Failure[] {
  const { calls, events, absent } = step.expect ?? {};
  if (!isMissing || (calls ?? events ?? absent) === undefined) return [];
  const what = "the step asked the model and left no session log; calls and events cannot be checked";
  return [{ place: [...place, "expect"], what, wanted: "new events in a session log", found: "none" }];
}

function checkWire(request: ModelRequestSeen, { number, place }: { number: number; place: Place }): Failure[] {
  const path = request.path.split("?")[0] ?? "";
  const isStreaming = bodyOf(request)?.stream === true;
  if (request.method === "POST" && path === "/v1/messages" && isStreaming) return [];
  const found = `${request.method} ${path}${isStreaming ? "" : ", not streaming"}`;
  return [{ place, what: `request ${number} is not one of a session`, wanted: "a streaming POST /v1/messages", found }];
}
