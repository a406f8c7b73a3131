import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CommandContext, CommandInput, CommandOutput, Host } from "../../core/contract/plugin.ts";
import { createSessionsHost } from "../../core/session/sessions-host.ts";
import type { OpenedSession, SessionStore } from "../../core/session/store.ts";
import { bareContext } from "../../core/taps/bare-context.ts";
import sessions from "../../plugins/sessions/index.ts";
import { addTurn, callOf, recorder, usage } from "../support/session-events.ts";
import { newStateHome, newStore, writeSession } from "../support/session-folder.ts";

interface Ran extends CommandOutput {
  warnings: string[];
}

async function run(store: SessionStore, id: string, input: Partial<CommandInput> = {}, cwd = "/"): Promise<Ran> {
  const command = sessions.commands?.find((candidate) => candidate.id === id);
  if (!command) throw new Error(`no command ${id}`);
  const warnings: string[] = [];
  const ctx: CommandContext = {
    ...bareContext({ signal: new AbortController().signal, options: {}, cwd }),
    json: false,
    print: () => {},
    terminal: { isTerminal: false, color: false, columns: 80 },
    say: () => {},
    warn: (text) => void warnings.push(text),
    host: { sessions: createSessionsHost(store) } as Host,
  };
  return { ...(await command.run({ args: {}, flags: {}, ...input }, ctx)), warnings };
}

const diff = "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new\n";

/** One Edit with a diff, one denied and one failed call, thinking, an escape code and a fence in what came back. */
function talk(session: OpenedSession): void {
  const record = recorder(session);
  record("input", { content: [{ type: "text", text: "Mend *a.txt*\nplease" }], source: "prompt" });
  record("turn.start", { turn: 1 });
  const content = [
    { type: "thinking" as const, text: "which file?" },
    { type: "text" as const, text: "I mend it." },
    ...["1", "2", "3"].map((callId) => callOf(callId, "Edit")),
  ];
  record("answer", { step: 1, message: { role: "assistant", content }, stop: "tool_use", usage, model: "a" });
  record("tool.result", {
    callId: "1",
    content: [{ type: "text", text: "edited" }],
    isError: false,
    durationMs: 12.4,
    data: { diff },
  });
  const by = { kind: "user", name: "no" } as const;
  record("tool.approval", { callId: "2", verdict: "deny", asked: true, by });
  record("tool.failed", { callId: "2", code: "APPROVAL_DENIED", message: "not that one", durationMs: 1 });
  const text = "\u001b[31mred\u001b[0m\n```js\n1\n```";
  record("tool.result", {
    callId: "3",
    content: [{ type: "text", text }],
    isError: true,
    code: "EDIT_NOT_FOUND",
    durationMs: 1500,
  });
  const message = { role: "assistant" as const, content: [{ type: "text" as const, text: "Done." }] };
  record("answer", { step: 2, message, stop: "end_turn", usage, model: "a" });
  record("turn.end", { turn: 1, stop: "end_turn", steps: 2, usage, durationMs: 5, costUsd: 0.0125 });
}

test("list shows the newest first with its title, or says that there are none", async () => {
  const store = newStore();
  expect((await run(store, "sessions list")).text).toContain("no sessions of this project yet");
  const { id } = await writeSession(store, talk);
  const { data, text } = await run(store, "sessions list");
  expect(data).toEqual({ sessions: await store.list({ all: false }) });
  const [head, row] = text.split("\n");
  expect(head?.split(/ {2,}/)).toEqual(["ID", "CHANGED", "TURNS", "MODEL", "TITLE"]);
  expect(row?.split(/ {2,}/)).toEqual([id, "just now", "1", "scripted/a.json", "Mend *a.txt*"]);
});

test("list --all names the project of each session", async () => {
  const store = newStore("/projects/there");
  await writeSession(store, talk);
  const { text } = await run(store, "sessions list", { flags: { all: true } });
  expect(text.split("\n")[1]).toContain("  /projects/there  Mend");
});

test("show tells the conversation, with outcomes, diffs, tokens and cost, and no terminal code", async () => {
  const store = newStore();
  const { id } = await writeSession(store, talk);
  const { data, text, warnings } = await run(store, "sessions show", { args: { id: "last" } });
  expect(data).toMatchObject({
    summary: { id, turns: 1 },
    costUsd: 0.0125,
    usage: { inputTokens: 20, outputTokens: 10 },
    problems: [],
  });
  expect((data as { events: unknown[] }).events).toHaveLength(10);
  expect(text.slice(text.indexOf("tokens"))).toBe(
    [
      "tokens   20 in, 10 out, 4 from cache, 2 to cache, $0.0125",
      "",
      "\n> Mend *a.txt*\n  please\n",
      "(thinking) which file?",
      "I mend it.",
      "* Edit(1.txt)  ok  12 ms",
      ...diff
        .trimEnd()
        .split("\n")
        .map((line) => `    ${line}`),
      "* Edit(2.txt)  denied APPROVAL_DENIED  1 ms",
      "    not that one",
      "* Edit(3.txt)  error EDIT_NOT_FOUND  1.5 s",
      "    red ```js 1 ```",
      "Done.",
    ].join("\n"),
  );
  expect(warnings).toEqual([]);
});

test("a broken session is shown up to the wrong line, with a warning that names it", async () => {
  const store = newStore();
  const { id, path } = await writeSession(store, talk);
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, lines.map((line, index) => (index === 5 ? "x" : line)).join("\n"));
  const { data, warnings } = await run(store, "sessions show", { args: { id } });
  expect((data as { events: unknown[] }).events).toHaveLength(5);
  expect(warnings).toEqual([expect.stringContaining(`session ${id}: line 6 is not an event`)]);
});

test("verify fails with SESSION_BROKEN where a line is wrong, and names each", async () => {
  const store = newStore();
  const sound = await writeSession(store, (session) => addTurn(session, 1, async () => {}));
  expect(await run(store, "sessions verify")).toEqual({
    data: { ok: true, sessions: [{ id: sound.id, ok: true, events: 11, problems: [] }] },
    text: `${sound.id}  ok, 11 events`,
    warnings: [],
  });
  const broken = await writeSession(store, talk);
  writeFileSync(broken.path, readFileSync(broken.path, "utf8").replace("Mend", "Ment"));
  const { error, data, text } = await run(store, "sessions verify");
  expect(error).toEqual({ code: "SESSION_BROKEN", message: `1 session of 2 not as written: ${broken.id}` });
  expect(data).toMatchObject({ ok: false });
  expect(text).toContain(`${broken.id}  1 problem\n    line 2 was changed`);
  expect(await run(store, "sessions verify", { args: { id: sound.id } })).not.toHaveProperty("error");
});

test("export writes Markdown in which fences hold whatever the tools returned", async () => {
  const store = newStore();
  const { id } = await writeSession(store, talk);
  const { data, text } = await run(store, "sessions export", { args: { id } });
  expect(data).toEqual({ id, markdown: text });
  expect(text).toContain("# Mend \\*a.txt\\*\n");
  expect(text).toContain("## User\n\n> Mend *a.txt*\n> please\n");
  expect(text).toContain("## Assistant\n\nI mend it.\n");
  expect(text).toContain(
    `### Edit: ok (12 ms)\n\n\`\`\`json\n{\n  "file_path": "1.txt"\n}\n\`\`\`\n\n\`\`\`diff\n${diff}\`\`\``,
  );
  expect(text).toContain("### Edit: denied, APPROVAL_DENIED (1 ms)");
  expect(text).toContain("````text\nred\n```js\n1\n```\n````");
});

test("export --format json is the session as it is stored", async () => {
  const store = newStore();
  const { id } = await writeSession(store, talk);
  const { data, text } = await run(store, "sessions export", { args: { id }, flags: { format: "json" } });
  const { summary, events } = await store.read(id);
  expect(data).toEqual({ summary, events });
  expect(JSON.parse(text)).toEqual(data);
});

test("export --output writes a file that only its owner reads", async () => {
  const store = newStore();
  const { id } = await writeSession(store, talk);
  const folder = newStateHome();
  const { data } = await run(store, "sessions export", { args: { id }, flags: { output: "out.md" } }, folder);
  const file = join(folder, "out.md");
  const text = readFileSync(file, "utf8");
  expect(data).toEqual({ id, format: "markdown", file, bytes: Buffer.byteLength(text) });
  expect(text).toBe(`${(await run(store, "sessions export", { args: { id } })).text}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const nowhere = run(store, "sessions export", { args: { id }, flags: { output: "no/where.md" } }, folder);
  await expect(nowhere).rejects.toMatchObject({ code: "USAGE_INVALID", message: expect.stringContaining("ENOENT") });
});

test("an unknown session is an error with the nearest id", async () => {
  const store = newStore();
  const { id } = await writeSession(store, talk);
  const unknown = `${id.slice(0, -1)}0`;
  for (const command of ["sessions show", "sessions export", "sessions verify"]) {
    await expect(run(store, command, { args: { id: unknown } })).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
      message: expect.stringContaining(id),
    });
  }
});
