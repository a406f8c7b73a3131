/** Puts values together that cross in parts: these follow their frame at once, and nothing comes between. Pure. */
import { maxValueChars } from "../core/contract/frames.ts";
import type { Json } from "../core/contract/messages.ts";
import { parseJson } from "./frame-text.ts";
import type { ReadFrame } from "./guest-frames.ts";

export type WholeFrame = Exclude<ReadFrame, { kind: "part" }>;

/** A frame that is whole now, undefined while parts are missing, or what is wrong. */
export type Joined = WholeFrame | string | undefined;

interface Joining {
  frame: ReadFrame & { kind: "result" | "request" };
  missing: number;
  chars: number;
  texts: string[];
}

export function createJoiner(): (frame: ReadFrame) => Joined {
  let joining: Joining | undefined;

  function takePart(id: number, text: string): Joined {
    if (joining?.frame.id !== id) return `a part of nothing: ${id}`;
    joining.chars += text.length;
    if (joining.chars > maxValueChars) return `a value of more than ${maxValueChars} characters`;
    joining.texts.push(text);
    if (--joining.missing > 0) return undefined;
    const { frame, texts } = joining;
    joining = undefined;
    return whole(frame, texts);
  }

  return (frame) => {
    if (frame.kind === "part") return takePart(frame.id, frame.text);
    if (joining !== undefined) return `a ${frame.kind} frame between the parts of a value`;
    if ((frame.kind !== "result" && frame.kind !== "request") || frame.parts === undefined) return frame;
    joining = { frame, missing: frame.parts, chars: 0, texts: [] };
    return undefined;
  };
}

function whole(frame: Joining["frame"], texts: readonly string[]): WholeFrame | string {
  let value: Json;
  try {
    value = parseJson(texts.join(""));
  } catch (error) {
    return error instanceof RangeError ? error.message : "a value in parts that is not JSON";
  }
  if (frame.kind === "request" && !Array.isArray(value)) return "arguments that are not a list";
  return { ...frame, value };
}
