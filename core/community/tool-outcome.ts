/** What a tool of a guest handed back, as a result: parsed by hand, for it is parsed at every call. What does not fit is the tool's failure. */
import { codeOf, errorTable, GantryError } from "../contract/errors.ts";
import type { FileStamp } from "../contract/events.ts";
import type { Reach, ToolOutcome } from "../contract/execution.ts";
import { isObject, type Json, type ResultContent } from "../contract/messages.ts";

/** Of data, which goes to the log and to front ends. */
const mostDataChars = 1024 * 1024;
/** Of all images of a result, which go to the model with every later request: base64 of 5 MiB. */
const mostImageChars = Math.ceil((5 * 1024 * 1024) / 3) * 4;

/** TOOL_FAILED for what is no ToolOutput. */
export function outcomeOf(tool: string, given: Json, reach: Reach): ToolOutcome {
  if (typeof given === "string") return { content: [{ type: "text", text: given }], isError: false };
  if (!isObject(given)) throw unfit(tool, "neither a text nor an object with content");
  const { content, isError, code, data, files } = given;
  if (isError !== undefined && typeof isError !== "boolean") throw unfit(tool, "isError is neither true nor false");
  if (data !== undefined && data !== null && !isObject(data)) throw unfit(tool, "data is no object");
  if (isObject(data)) checkLength(tool, "data", JSON.stringify(data).length, mostDataChars);
  const failed = isError === true;
  const told = failed ? errorCode(code) : undefined;
  return {
    content: contentOf(tool, content),
    isError: failed,
    ...(told === undefined ? {} : { code: told }),
    ...(isObject(data) ? { data } : {}),
    ...(files === undefined || files === null ? {} : { files: filesOf(tool, files, reach) }),
  };
}

function contentOf(tool: string, content: Json | undefined): ResultContent[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw unfit(tool, "content is neither a text nor a list of parts");
  const imageChars = content.reduce((sum: number, part) => sum + (isObject(part) ? lengthOf(part["data"]) : 0), 0);
  checkLength(tool, "its images", imageChars, mostImageChars);
  return content.map((part) => {
    if (isObject(part) && part["type"] === "text" && typeof part["text"] === "string")
      return { type: "text", text: part["text"] };
    if (isObject(part) && part["type"] === "image" && isImage(part["mediaType"], part["data"]))
      return { type: "image", mediaType: String(part["mediaType"]), data: String(part["data"]) };
    throw unfit(tool, "a part of its content is neither {type: text, text} nor {type: image, mediaType, data}");
  });
}

function lengthOf(value: Json | undefined): number {
  return typeof value === "string" ? value.length : 0;
}

function checkLength(tool: string, what: string, chars: number, most: number): void {
  if (chars > most) throw unfit(tool, `${what}: ${chars} characters, and at most ${most} are taken`);
}

function isImage(mediaType: Json | undefined, data: Json | undefined): boolean {
  const isKnown = typeof mediaType === "string" && /^image\/(?:png|jpeg|gif|webp)$/.test(mediaType);
  return isKnown && typeof data === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(data);
}

/** Of the rows that speak to a model, but for those by which the core tells of its own decisions. */
function errorCode(code: Json | undefined): string {
  const known = codeOf({ code });
  if (known === undefined || errorTable[known].audience !== "model" || /^(?:APPROVAL|TURN)_/.test(known)) return "TOOL_FAILED";
  return known;
}

/** A plugin's word about files that the call could not reach is worth nothing. */
function filesOf(tool: string, files: Json, { roots, approved }: Reach): FileStamp[] {
  if (!Array.isArray(files)) throw unfit(tool, "files is no list");
  return files.flatMap((file) => {
    const { path, sha256 } = isObject(file) ? file : {};
    if (typeof path !== "string" || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
      throw unfit(tool, "a file of it is not {path, sha256}");
    const isReached = approved.includes(path) || roots.some((root) => path.startsWith(root.endsWith("/") ? root : `${root}/`));
    return isReached && !path.split("/").includes("..") ? [{ path, sha256 }] : [];
  });
}

function unfit(tool: string, what: string): GantryError {
  return new GantryError("TOOL_FAILED", `${tool} handed back what is no result: ${what}`);
}
