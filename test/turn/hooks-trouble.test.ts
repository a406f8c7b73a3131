/** The observe points of what goes wrong are told what went wrong, and who was told what to do. */
import { defineTap } from "gantry/plugin";
import { expect, test } from "vitest";
import { embed, say } from "../support/embed.ts";

test("tool.denied, tool.failure and turn.fail carry the call, the code and the reason", async () => {
  const told: unknown[] = [];
  const { runtime } = await embed(
    [
      { call: { name: "Bash", input: { command: "git push" } } },
      { call: { name: "Read", input: { file_path: "missing.txt" } } },
      { fail: { status: 400, type: "invalid_request_error", message: "no such thing" } },
    ],
    {
      set: ['permissions.deny=["Bash(git push:*)"]'],
      taps: [
        defineTap({
          on: "tool.denied",
          kind: "observe",
          run: ({ tool, input, reason, by }) => void told.push({ tool, input, reason, by }),
        }),
        defineTap({ on: "tool.failure", kind: "observe", run: ({ tool, code }) => void told.push({ tool, code }) }),
        defineTap({ on: "turn.fail", kind: "observe", run: ({ turn, code }) => void told.push({ turn, code }) }),
      ],
    },
  );
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(told).toMatchObject([
    { tool: "Bash", input: { command: "git push" }, reason: expect.stringContaining("git push"), by: { kind: "rule" } },
    { tool: "Read", code: "FILE_NOT_FOUND" },
    { turn: 1, code: "PROVIDER_REJECTED" },
  ]);
});

test("instructions.load names each instruction file that went into the prompt", async () => {
  const loaded: string[] = [];
  const { runtime, cwd } = await embed([{ say: "Read." }], {
    files: { "AGENTS.md": "Be brief.\n" },
    taps: [defineTap({ on: "instructions.load", kind: "observe", run: ({ file }) => void loaded.push(file) })],
  });
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(loaded).toEqual([`${cwd}/AGENTS.md`]);
});

test("what a rewriter of tool.result withholds is in no part of the log", async () => {
  const { runtime, events, model } = await embed(
    [{ call: { name: "Bash", input: { command: "echo secret sauce" } } }, { say: "Done." }],
    {
      approve: "always",
      taps: [defineTap({ on: "tool.result", kind: "rewrite", run: () => ({ content: say("(withheld)") }) })],
    },
  );
  await (await runtime.openSession({})).send(say("go"), "api");
  expect(model.requests.at(-1)?.toolResults).toMatchObject([{ text: "(withheld)" }]);
  const results = events.filter(({ type }) => type === "tool.result");
  expect(results).toHaveLength(1);
  expect(JSON.stringify(results)).not.toContain("secret sauce");
});
