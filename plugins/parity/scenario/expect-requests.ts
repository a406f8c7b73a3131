/** The model requests of a step: exactly so many, each with these results, tools and texts. */
import type { ModelRequestSeen, WireBlock, WireRequest } from "gantry/testing";
import { nearest } from "../../../core/contract/nearest.ts";
import { resultsOf } from "./calls.ts";
import type { ResultCheck } from "./checks.ts";
import { checkText } from "./expect-text.ts";
import { type Failure, quoted } from "./failure.ts";
import type { Place, RequestExpectation } from "./format.ts";
import { misfits } from "./subset.ts";

export function checkRequests(
  wanted: readonly RequestExpectation[] | undefined,
  requests: readonly ModelRequestSeen[],
  place: Place,
): Failure[] {
  if (wanted === undefined) return [];
  const failures = wanted.slice(0, requests.length).flatMap((expected, index) => {
    const request = requests[index];
    return request === undefined ? [] : checkRequest(expected, request, { place: [...place, index], number: index + 1 });
  });
  if (wanted.length === requests.length) return failures;
  const found = `${requests.length}: ${requests.map((request) => quoted(inputOf(bodyOf(request)), 80)).join(", ") || "none"}`;
  return [{ place, what: "there should be exactly so many model requests", wanted: String(wanted.length), found }, ...failures];
}

interface At {
  place: Place;
  number: number;
}

function checkRequest(wanted: RequestExpectation, request: ModelRequestSeen, { place, number }: At): Failure[] {
  const subject = `request ${number}`;
  const body = bodyOf(request);
  if (body === undefined)
    return [{ place, what: `${subject} should have a JSON body`, wanted: "JSON", found: quoted(request.text) }];
  const text = (key: "system" | "input", found: string, words: string): Failure[] =>
    checkText(wanted[key], { text: found, subject: `${subject}: ${words}`, place: [...place, key] });
  return [
    ...checkResults(wanted.toolResults, { request, body, place: [...place, "toolResults"], subject }),
    ...checkTools(wanted.tools, { body, place: [...place, "tools"], subject }),
    ...text("system", textOf(body.system), "the system prompt"),
    ...text("input", inputOf(body), "the newest user text"),
    ...(wanted.body === undefined
      ? []
      : misfits(wanted.body, body, { place: [...place, "body"], subject: `${subject}: body` })),
  ];
}

function checkResults(
  wanted: readonly ResultCheck[] | undefined,
  { request, body, place, subject }: { request: ModelRequestSeen; body: WireRequest; place: Place; subject: string },
): Failure[] {
  if (wanted === undefined) return [];
  const names = callNames(body);
  const results = resultsOf(request).map((result) => ({ ...result, name: names.get(result.callId) ?? "?" }));
  const failures = wanted.slice(0, results.length).flatMap((check, index) => {
    const result = results[index];
    if (result === undefined) return [];
    const at = [...place, index];
    const named = `${subject}: result ${index + 1} (${result.name})`;
    const { name, isError, ...texts } = check;
    const own: Failure[] = [];
    if (name !== undefined && name !== result.name)
      own.push({ place: [...at, "name"], what: `${named}: the tool it is of`, wanted: name, found: result.name });
    if (isError !== undefined && isError !== result.isError)
      own.push({
        place: [...at, "isError"],
        what: `${named}: whether it is an error`,
        wanted: String(isError),
        found: `${result.isError}: ${quoted(result.text)}`,
      });
    return [...own, ...checkText(texts, { text: result.text, subject: named, place: at })];
  });
  if (wanted.length === results.length) return failures;
  const found = `${results.length}: ${results.map(({ name, text }) => `${name} ${quoted(text, 120)}`).join(", ") || "none"}`;
  return [{ place, what: `${subject} should bring exactly these results`, wanted: String(wanted.length), found }, ...failures];
}

function checkTools(
  wanted: RequestExpectation["tools"],
  { body, place, subject }: { body: WireRequest; place: Place; subject: string },
): Failure[] {
  const offered = (body.tools ?? []).map(({ name }) => name);
  const lacking = (wanted?.has ?? []).flatMap((name, index): Failure[] => {
    if (offered.includes(name)) return [];
    const near = nearest(name, offered);
    const found = `${near === undefined ? "" : `${near} is near; `}${offered.join(", ") || "none"}`;
    return [{ place: [...place, "has", index], what: `${subject} should offer the tool`, wanted: name, found }];
  });
  const extra = (wanted?.lacks ?? []).flatMap((name, index): Failure[] =>
    offered.includes(name)
      ? [
          {
            place: [...place, "lacks", index],
            what: `${subject} should not offer the tool`,
            wanted: `no ${name}`,
            found: offered.join(", "),
          },
        ]
      : [],
  );
  return [...lacking, ...extra];
}

/** Undefined where the body is no JSON object. */
export function bodyOf(request: ModelRequestSeen): WireRequest | undefined {
  try {
    const body: unknown = request.body;
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as WireRequest) : undefined;
  } catch {
    return undefined;
  }
}

function callNames(body: WireRequest): Map<string, string> {
  const blocks = (body.messages ?? []).flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return new Map(blocks.flatMap((block) => (block.type === "tool_use" ? [[block.id ?? "", block.name ?? ""] as const] : [])));
}

/** Text of the newest message, if it is the user's. */
function inputOf(body: WireRequest | undefined): string {
  const last = body?.messages?.at(-1);
  return last?.role === "user" ? textOf(last.content) : "";
}

function textOf(content: string | WireBlock[] | undefined): string {
  if (typeof content === "string") return content;
  return (content ?? []).flatMap((block) => (block.type === "text" ? [block.text ?? ""] : [])).join("\n");
}
