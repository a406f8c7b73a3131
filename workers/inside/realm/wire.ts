/** The realm's end of the port: frames out as JSON text, long values in parts, and frames in, put together again. */
import type { MessagePort } from "node:worker_threads";
import { type CoreFrame, type GuestFrame, maxPartChars, maxValueChars } from "../../../core/contract/frames.ts";
import { isObject, type Json } from "../../../core/contract/messages.ts";
import { partCount, partFrames, plainPart } from "../../frame-parts.ts";

/** A frame whose last member is a value of any length. */
export type ValueHead = readonly ["result", number] | readonly ["request", number, number, string];

export interface Wire {
  send(frame: GuestFrame): void;
  /** A frame that is JSON already. */
  sendText(text: string): void;
  /** Throws TypeError when its text is longer than a value may be. Nothing was sent then. */
  sendValue(head: ValueHead, value: Json): void;
  /** Nothing waits to be written: time for what may as well be left out. */
  isIdle(): boolean;
}

/** What is on its way to the pipe; the rest waits here, and counts as the plugin's memory. */
const maxUnwrittenChars = 4 * 1024 * 1024;

export interface WireEvents {
  /** A call has come, perhaps not yet with all its parts. */
  onCall(id: number): void;
  /** With its value whole. */
  onFrame(frame: CoreFrame): void;
}

export function createWire(port: MessagePort, events: WireEvents): Wire {
  const waiting: string[] = [];
  let unwritten = 0;

  const post = (text: string): void => {
    unwritten += text.length;
    port.postMessage(text);
  };
  const push = (text: string): void => {
    if (waiting.length > 0 || unwritten > maxUnwrittenChars) waiting.push(text);
    else post(text);
  };
  const onWritten = (chars: number): void => {
    unwritten -= chars;
    let sent = 0;
    while (sent < waiting.length && unwritten <= maxUnwrittenChars) post(waiting[sent++] ?? "");
    waiting.splice(0, sent);
  };

  const receive = createReceiver(events);
  port.on("message", (message: string | number | ArrayBuffer) => {
    if (typeof message === "string") receive(message);
    else if (typeof message === "number") onWritten(message);
    // A long one is handed over as it came.
    else receive(Buffer.from(message).toString("utf8"));
  });

  return {
    send: (frame) => push(JSON.stringify(frame)),
    sendText: push,
    sendValue(head, value) {
      const text = JSON.stringify(value);
      if (text.length > maxValueChars)
        throw new TypeError(`The value makes ${text.length} characters; ${maxValueChars} can cross.`);
      const start = JSON.stringify(head).slice(0, -1);
      if (text.length <= maxPartChars && !looksLikeParts(value)) return push(`${start},${text}]`);
      push(`${start},{"$parts":${partCount(text)}}]`);
      for (const part of partFrames(head[1], text)) push(part);
    },
    isIdle: () => waiting.length === 0,
  };
}

/** The value of a frame that is still on its way. */
interface Open {
  missing: number;
  texts: string[];
  finish(value: Json): CoreFrame;
}

function createReceiver({ onCall, onFrame }: WireEvents): (text: string) => void {
  let open: Open | undefined;
  return (text) => {
    const frame = plainPart(text) ?? (parse(text) as unknown as CoreFrame);
    if (frame[0] !== "part") {
      if (frame[0] === "call") onCall(frame[1]);
      open = openingOf(frame);
      return open ? undefined : onFrame(frame);
    }
    if (!open) return;
    open.texts.push(frame[2]);
    if (--open.missing > 0) return;
    const { texts, finish } = open;
    open = undefined;
    onFrame(finish(parse(texts.join(""))));
  };
}

function openingOf(frame: CoreFrame): Open | undefined {
  switch (frame[0]) {
    case "load": {
      const [kind, id, body] = frame;
      return opened(body.source, (source) => [kind, id, { ...body, source: String(source) }]);
    }
    case "call": {
      const [kind, id, body] = frame;
      return opened(body.input, (input) => [kind, id, { ...body, input }]);
    }
    case "reply": {
      const [kind, id, ok, value] = frame;
      return ok ? opened(value as Json, (whole) => [kind, id, true, whole]) : undefined;
    }
    default:
      return undefined;
  }
}

function opened(value: unknown, finish: Open["finish"]): Open | undefined {
  return looksLikeParts(value) ? { missing: value.$parts, texts: [], finish } : undefined;
}

function looksLikeParts(value: unknown): value is { $parts: number } {
  return isObject(value as Json) && Object.keys(value as object).length === 1 && Object.hasOwn(value as object, "$parts");
}

/** `__proto__` as a member would become the prototype of whatever a plugin assigns it to. */
function parse(text: string): Json {
  if (!text.includes("__proto__") && !text.includes("\\u005f")) return JSON.parse(text) as Json;
  return JSON.parse(text, (key, value: Json) => (key === "__proto__" ? undefined : value)) as Json;
}
