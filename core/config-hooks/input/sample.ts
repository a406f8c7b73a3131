/** An input of each event as hooks get it on stdin, made from a sample of what happens: for `hooks explain` and `hooks test`. */
import type { HookPayloads } from "../../contract/hooks.ts";
import { type JsonObject, noUsage } from "../../contract/messages.ts";
import type { Mode } from "../../contract/modes.ts";
import { type PublicEvent, publicEventTable } from "../../contract/public-events.ts";
import { hookInputs, type ServedPoint } from "./stdin.ts";

export interface SamplePlace {
  /** Absolute. */
  cwd: string;
  project: string;
  home: string;
  mode: Mode;
  model: string;
  /** Of events of tools; default Bash. */
  tool?: string;
}

/** The whole input, with sample values. `given` replaces fields of it; see `withGiven`. Empty for an event that never comes. */
export function sampleInput(event: PublicEvent, place: SamplePlace, given: JsonObject = {}): JsonObject {
  const payloads = samplePayloads(place);
  const [point] = publicEventTable[event].points;
  if (point === undefined) return {};
  const { cwd, mode, model, project, home } = place;
  const session = { transcriptPath: `${cwd}/${sessionId}.jsonl`, cwd, mode, model };
  const served = point as ServedPoint;
  const [sample = {}] = hookInputs(served, payloads[served], { event, sessionId, session, project, home });
  return withGiven(sample, event, given);
}

const sessionId = "20261122T101500-sample";

/** What is given for an event of tools and has none of the event's own fields is the tool's input alone. */
function withGiven(sample: JsonObject, event: PublicEvent, given: JsonObject): JsonObject {
  const names = Object.keys(given);
  const isTools = publicEventTable[event].matches === "tool";
  if (isTools && names.length > 0 && !names.some((name) => Object.hasOwn(sample, name)))
    return { ...sample, tool_input: given };
  return { ...sample, ...given, hook_event_name: event };
}

function samplePayloads({ cwd, project, model, tool = "Bash" }: SamplePlace): Pick<HookPayloads, ServedPoint> {
  const text = { type: "text" as const, text: "sample output\n" };
  const call = { sessionId, callId: "toolu_sample", tool, input: toolInput(tool, cwd), cwd };
  const reason = "a sample reason";
  const answer = {
    content: [{ type: "text" as const, text: "A sample answer." }],
    stop: "end_turn" as const,
    usage: noUsage,
    model,
  };
  const elicit = {
    ...{ sessionId, server: "sample", mode: "form" as const, message: "What is your name?" },
    schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
  };
  const block = { type: "tool_call" as const, callId: call.callId, name: tool, input: call.input };
  return {
    "session.open": { sessionId, source: "startup", model },
    "session.close": { sessionId, reason: "done" },
    "input.receive": { sessionId, content: [{ type: "text", text: "a sample prompt" }], source: "prompt" },
    "tool.call": call,
    "tool.approve": call,
    "tool.ask": { ...call, reason },
    "tool.denied": { ...call, reason, by: { kind: "rule", name: tool } },
    "tool.result": { ...call, content: [text], isError: false, durationMs: 12 },
    "tool.failure": { ...call, code: "TOOL_FAILED", message: "a sample error", durationMs: 12 },
    "tool.batch": {
      sessionId,
      calls: [block],
      results: [{ type: "tool_result", callId: call.callId, content: [text], isError: false }],
    },
    "turn.stop": { sessionId, turn: 1, continued: 0, answer },
    "turn.fail": { sessionId, turn: 1, code: "PROVIDER_OVERLOADED", message: "a sample error" },
    notify: { sessionId, kind: "permission_prompt", message: `${tool} waits for your answer` },
    "config.change": {
      ...{ sessionId, files: [`${project}/gantry.config.jsonc`], layers: ["project"], keys: ["permissions.allow"] },
    },
    "instructions.load": { sessionId, file: `${project}/AGENTS.md`, bytes: 100 },
    "cwd.change": { sessionId, from: cwd, to: `${cwd}/src` },
    "mcp.elicit": elicit,
    "mcp.elicited": { ...elicit, action: "accept", content: { name: "a sample" } },
  };
}

function toolInput(tool: string, cwd: string): JsonObject {
  const file_path = `${cwd}/README.md`;
  const inputs: Readonly<Record<string, JsonObject>> = {
    Bash: { command: "ls -la", description: "List the files" },
    Read: { file_path },
    Write: { file_path, content: "a sample\n" },
    Edit: { file_path, old_string: "old", new_string: "new" },
    Glob: { pattern: "**/*.md" },
    Grep: { pattern: "TODO" },
    WebFetch: { url: "https://example.com/", prompt: "Sum it up" },
  };
  return Object.hasOwn(inputs, tool) ? (inputs[tool] ?? {}) : {};
}
