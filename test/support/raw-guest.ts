/** A guest process spoken to in frames, with nothing of the core between: what the far side does, seen from the wire. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CallTarget, type CoreFrame, type FrameError, type GuestFrame, maxPartChars } from "../../core/contract/frames.ts";
import type { Contributions } from "../../core/contract/guest.ts";
import { isObject, type Json } from "../../core/contract/messages.ts";
import { partCount, partFrames, plainPart } from "../../workers/frame-parts.ts";
import { guestArgs, type OwnLimits } from "../../workers/inside/guest-args.ts";

const defaults: OwnLimits = { rssMiB: 512, heapMiB: 128, timers: 1000, logBytesPerMinute: 1024 * 1024 };

export interface RawGuestOptions {
  folder?: string;
  limits?: Partial<OwnLimits>;
  /** Put before the binary: the words of a boundary such as bwrap's. */
  within?: (node: string, folder: string) => string[];
}

/** An answer to a request of the guest. */
export type Answer = (method: string, args: Json[], callId: number) => Json | Promise<Json>;

export class RawGuest {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  /** Every frame but parts, with its value whole. */
  readonly frames: GuestFrame[] = [];
  readonly logs: string[] = [];
  stderr = "";
  answer: Answer = (method) => Promise.reject({ code: "PERMISSION_DENIED", message: `no ${method} here` });
  readonly #folder = mkdtempSync(join(tmpdir(), "raw-guest-"));
  #waiting: { fits(frame: GuestFrame): boolean; resolve(frame: GuestFrame): void; reject(error: Error): void }[] = [];
  #held: Buffer = Buffer.alloc(0);
  #open: { frame: readonly unknown[]; missing: number; texts: string[] } | undefined;
  #lastId = 0;

  constructor({ folder = join(import.meta.dirname, "../../dist/guest"), limits, within }: RawGuestOptions = {}) {
    const bin = realpathSync(process.execPath);
    const real = realpathSync(folder);
    const [command = bin, ...words] = [...(within?.(bin, real) ?? []), bin, ...guestArgs(real, { ...defaults, ...limits })];
    this.child = spawn(command, words, { cwd: this.#folder, env: {}, stdio: "pipe" });
    this.child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.child.stdin?.on("error", () => undefined);
    this.exited = once(this.child, "close").then(([code]) => {
      for (const { reject } of this.#waiting.splice(0))
        reject(new Error(`the guest ended with ${code}, ${this.child.signalCode}: ${this.stderr}`));
      rmSync(this.#folder, { recursive: true, force: true });
      return code as number | null;
    });
  }

  /** The first frame, of those that came and those to come, that fits. */
  frame(fits: (frame: GuestFrame) => boolean): Promise<GuestFrame> {
    const known = this.frames.find(fits);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => this.#waiting.push({ fits, resolve, reject }));
  }

  nextId(): number {
    return ++this.#lastId;
  }

  sendText(text: string): void {
    const length = Buffer.byteLength(text);
    const frame = Buffer.allocUnsafe(4 + length);
    frame.writeUInt32LE(length, 0);
    frame.write(text, 4);
    this.child.stdin?.write(frame);
  }

  send(frame: CoreFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  /** A value's JSON in parts, behind a frame that announces them. */
  sendInParts(id: number, text: string, head: (parts: { $parts: number }) => CoreFrame): void {
    this.send(head({ $parts: partCount(text) }));
    for (const part of partFrames(id, text)) this.sendText(part);
  }

  /** `body` is the bundle's, up to and with its call of `__gantry`. */
  async load(body: string, options: Json = {}): Promise<Contributions> {
    const id = this.nextId();
    const source = `(async (__gantry) => {${body}\n})`;
    this.sendInParts(id, JSON.stringify(source), (parts) => ["load", id, { name: "probe", options, source: parts }]);
    return (await this.settled(id)) as unknown as Contributions;
  }

  /** One call to its end; rejects with the FrameError. */
  async call(target: CallTarget, input: Json = {}, id = this.nextId()): Promise<Json> {
    this.start(target, input, id);
    return this.settled(id);
  }

  start(target: CallTarget, input: Json = {}, id = this.nextId()): number {
    const context = { callId: `call-${id}`, cwd: "/w", workspace: "/w" };
    this.send(["call", id, { target, input, context }]);
    return id;
  }

  async settled(id: number): Promise<Json> {
    const end = await this.frame(([kind, of]) => (kind === "result" || kind === "error") && of === id);
    if (end[0] === "error") throw end[2] satisfies FrameError;
    return end[2] as Json;
  }

  chunks(id: number): Json[] {
    return this.frames.flatMap((frame) => (frame[0] === "chunk" && frame[1] === id ? [frame[2]] : []));
  }

  /** Ends its input; resolves with the exit code. */
  async close(): Promise<number | null> {
    this.child.stdin?.end();
    return this.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    return this.exited.then(() => undefined);
  }

  #read(chunk: Buffer): void {
    this.#held = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    while (this.#held.length >= 4) {
      const length = this.#held.readUInt32LE(0);
      if (this.#held.length < 4 + length) return;
      const text = this.#held.toString("utf8", 4, 4 + length);
      const frame = plainPart(text) ?? (JSON.parse(text) as unknown[]);
      this.#held = this.#held.subarray(4 + length);
      this.#assemble(frame);
    }
  }

  #assemble(frame: readonly unknown[]): void {
    const value = frame.at(-1);
    if (frame[0] === "part") {
      if (!this.#open) throw new Error("a part of nothing");
      this.#open.texts.push(String(frame[2]));
      if (--this.#open.missing > 0) return;
      const { frame: head, texts } = this.#open;
      this.#open = undefined;
      this.#take([...head.slice(0, -1), JSON.parse(texts.join(""))] as unknown as GuestFrame);
    } else if (isObject(value as Json) && Object.hasOwn(value as object, "$parts"))
      this.#open = { frame, missing: (value as { $parts: number }).$parts, texts: [] };
    else this.#take(frame as unknown as GuestFrame);
  }

  #take(frame: GuestFrame): void {
    this.frames.push(frame);
    if (frame[0] === "log") this.logs.push(frame[2]);
    if (frame[0] === "request") void this.#reply(frame);
    const fitting = this.#waiting.filter(({ fits }) => fits(frame));
    this.#waiting = this.#waiting.filter((one) => !fitting.includes(one));
    for (const { resolve } of fitting) resolve(frame);
  }

  async #reply([, id, callId, method, args]: GuestFrame & readonly ["request", ...unknown[]]): Promise<void> {
    try {
      const value = await this.answer(method, args as Json[], callId);
      const text = JSON.stringify(value);
      if (text.length > maxPartChars) this.sendInParts(id, text, (parts) => ["reply", id, true, parts]);
      else this.sendText(`["reply",${id},true,${text}]`);
    } catch (error) {
      this.send(["reply", id, false, error as FrameError]);
    }
  }
}
