/** Tools that misbehave, run in real threads of the pool by the tests of it. */
import { readFile } from "node:fs/promises";
import { GantryError } from "gantry/errors";
import { definePlugin, defineTool } from "gantry/plugin";
import * as z from "zod";

const anything = () => z.looseObject({});

const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** A plugin's code cannot be told from the thread's own by the pool, so it may end the thread. */
export const faultTools = definePlugin({
  name: "faults",
  description: "Misbehaves",
  tools: [
    defineTool({
      name: "Echo",
      description: "",
      input: () => z.strictObject({ text: z.string() }),
      effect: "reads",
      execute: ({ text }) => text,
    }),
    defineTool({
      name: "Host",
      description: "",
      input: anything,
      effect: "reads",
      execute: async () => readFile("/etc/hostname", "utf8"),
    }),
    defineTool({
      name: "Fetch",
      description: "",
      input: () => z.strictObject({ url: z.string(), body: z.string() }),
      effect: "runs",
      async execute({ url, body }, ctx) {
        const reply = await ctx.net.fetch(url, { method: "POST", body: new TextEncoder().encode(body) });
        ctx.log(`status ${reply.status}`);
        return reply.text();
      },
    }),
    defineTool({
      name: "Everything",
      description: "",
      input: () => z.strictObject({ path: z.string() }),
      effect: "runs",
      async execute({ path }, ctx) {
        const program = await ctx.process.host(["cat"]);
        await program.write("said");
        const said = new TextDecoder().decode(await program.read());
        const { exitCode } = await program.end();
        await ctx.storage.set("path", path);
        const { stdout } = await ctx.process.exec(["printf", "%s", path]);
        const stored = [await ctx.storage.get("path"), await ctx.storage.get("none"), await ctx.storage.keys()];
        return JSON.stringify({ said, exitCode, stdout, stored, secret: await ctx.secrets.read("NAME"), options: ctx.options });
      },
    }),
    defineTool({ name: "Exit", description: "", input: anything, effect: "runs", execute: () => process.exit(3) }),
    defineTool({
      name: "Uncaught",
      description: "",
      input: anything,
      effect: "runs",
      execute: () =>
        new Promise(() => {
          setImmediate(() => {
            throw new Error("thrown from a timer");
          });
        }),
    }),
    defineTool({
      name: "Hoard",
      description: "",
      input: anything,
      effect: "runs",
      execute: () => {
        const kept: string[][] = [];
        for (;;) kept.push(Array.from({ length: 1000 }, (_, index) => `${index}-${kept.length}`));
      },
    }),
    defineTool({
      name: "Polite",
      description: "",
      input: anything,
      effect: "runs",
      async execute(_input, ctx) {
        ctx.progress("waiting");
        await until(ctx.signal);
        throw new Error("told to stop");
      },
    }),
    defineTool({
      name: "Deaf",
      description: "",
      input: anything,
      effect: "runs",
      execute(_input, ctx) {
        ctx.progress("spinning");
        return new Promise((resolve) => setImmediate(() => resolve(spin())));
      },
    }),
    defineTool({
      name: "Fail",
      description: "",
      input: anything,
      effect: "reads",
      execute: () => {
        throw new GantryError("EDIT_NOT_FOUND", "no such text", { detail: { near: 3 } });
      },
    }),
    defineTool({ name: "Env", description: "", input: anything, effect: "reads", execute: () => JSON.stringify(process.env) }),
    defineTool({
      name: "Run",
      description: "",
      input: () => z.strictObject({ command: z.string() }),
      effect: "runs",
      async execute({ command }, ctx) {
        return (await ctx.process.run({ command, timeoutMs: 60_000, maxOutputBytes: 1000, maxOutputLines: 100 })).output;
      },
    }),
    defineTool({
      name: "RunAndExit",
      description: "",
      input: () => z.strictObject({ command: z.string() }),
      effect: "runs",
      async execute({ command }, ctx) {
        ctx.process.run({ command, timeoutMs: 60_000, maxOutputBytes: 1000, maxOutputLines: 100 }).catch(() => undefined);
        // The core takes requests in order: when this one is over, the other has begun.
        await ctx.process.run({ command: "sleep 0.1", timeoutMs: 60_000, maxOutputBytes: 1000, maxOutputLines: 100 });
        process.exit(1);
      },
    }),
    defineTool({
      name: "Reach",
      description: "",
      input: () => z.strictObject({ kind: z.string() }),
      effect: "reads",
      async execute({ kind }, ctx) {
        if (kind === "fs.read") return (await ctx.fs.read("a.txt")).path;
        if (kind === "fs.write") return (await ctx.fs.write("b.txt", "x", { expect: null })).path;
        if (kind === "fs.list") return (await ctx.fs.list({ pattern: "*", limit: 9 })).paths.join();
        if (kind === "user.ask") return JSON.stringify(await ctx.user.ask([{ question: "Which?", options: [{ label: "a" }] }]));
        if (kind === "session.read") return JSON.stringify((await ctx.session.lastRead("/x")) ?? null);
        if (kind === "process.list") return JSON.stringify(await ctx.process.list());
        throw new Error(`no such kind: ${kind}`);
      },
    }),
  ],
});

function spin(): string {
  for (;;) performance.now();
}
