/** What servers ask during a call: forms and addresses for the user, requests for the model. The terminal is the real asker. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EventData } from "../../core/contract/events.ts";
import type { McpServerSpec } from "../../core/contract/mcp.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import { createHooks, type Heard, type Hooks } from "../../core/hooks.ts";
import { createMcpSession, type McpSessionParts } from "../../core/mcp/answers.ts";
import { createLoginAnswers } from "../../core/mcp/login-answers.ts";
import { createAsker } from "../../core/shell/ask.ts";
import { createStyle } from "../../core/shell/style.ts";
import { openUrl } from "../../workers/open-url.ts";

const { signal } = new AbortController();
const about = { server: "docs", signal };
const usage = { inputTokens: 30, outputTokens: 12, cacheReadTokens: 0, cacheWriteTokens: 0 };

function spec(sampling: McpServerSpec["sampling"]): McpServerSpec {
  return {
    name: "docs",
    transport: { kind: "stdio", command: "true", args: [], env: {}, cwd: "/" },
    ...{ startTimeoutMs: 1_000, callTimeoutMs: 1_000, tools: { deny: [] }, alwaysLoad: false, required: false },
    ...{ sampling, layer: "user" as const, source: "/home/you/gantry.config.jsonc:3" },
  };
}

interface Setting extends Partial<McpSessionParts> {
  answers?: string[] | undefined;
  sampling?: Partial<McpServerSpec["sampling"]>;
}

function session({ answers, sampling, ...parts }: Setting = {}) {
  let shown = "";
  const [recorded, opened, heard] = [[] as EventData["mcp.ask"][], [] as string[], [] as Heard["context"][number][]];
  const asked: Parameters<McpSessionParts["ask"]>[0][] = [];
  const show = async (text: string): Promise<void> => {
    shown += text;
  };
  const nextLine = async () => answers?.shift();
  const asker = createAsker({ show, nextLine, style: createStyle(false), interactive: true });
  const made = createMcpSession({
    sessionId: "s1",
    specs: [spec({ answer: "ask", tokensPerSession: 100, ...sampling })],
    asker: answers === undefined ? undefined : asker.mcp,
    approve: "prompt",
    mode: () => "default",
    turn: () => 1,
    model: () => "anthropic/claude-sonnet-5",
    async ask(question) {
      asked.push(question);
      return { text: "Paris. END and more", usage, stop: "end_turn", model: "claude-sonnet-5" };
    },
    hooks: createHooks({ onFired: () => undefined }),
    hear: (said) => void heard.push(...said.context),
    notify: () => undefined,
    redactor: () => ({ text: (text) => text.replaceAll("s3cret", "[redacted]") }),
    record: (_type, data) => void recorded.push(data),
    open: async (url) => opened.push(url) > 0,
    ...parts,
  });
  const form = (schema: JsonObject, message = "Who are you?") => made.answer("elicitForm", { message, schema }, about);
  return { made, form, recorded, opened, heard, asked, shown: () => shown };
}

const everyKind = {
  type: "object",
  properties: {
    name: { type: "string", title: "Name", description: "As in your passport", minLength: 2, maxLength: 10 },
    mail: { type: "string", format: "email" },
    site: { type: "string", format: "uri" },
    born: { type: "string", format: "date" },
    at: { type: "string", format: "date-time" },
    age: { type: "integer", minimum: 18, maximum: 99 },
    weight: { type: "number" },
    agrees: { type: "boolean", default: true },
    size: { type: "string", enum: ["s", "m"], enumNames: ["Small", "Medium"] },
    color: {
      type: "string",
      oneOf: [
        { const: "r", title: "Red" },
        { const: "g", title: "Green" },
      ],
    },
    toppings: {
      type: "array",
      items: {
        anyOf: [
          { const: "h", title: "Ham" },
          { const: "o", title: "Olives" },
        ],
      },
      minItems: 1,
    },
    days: { type: "array", items: { type: "string", enum: ["mo", "tu"] }, default: ["tu"] },
  },
  required: ["name", "mail", "age", "size"],
};

describe("a form", () => {
  test("is asked field by field, with every kind of the protocol, and shown whole before it is sent", async () => {
    const answers = [
      ...["A", "Ada", "not mail", "ada@example.com", "https://example.com/", "2026-02-30", "2026-02-28"],
      ...["2026-02-28T10:00:00Z", "12", "seventeen", "36", "61.5", "", "Medium", "2", "3", "1, Olives", "", "y"],
    ];
    const { form, recorded, shown } = session({ answers });
    expect(await form(everyKind)).toEqual({
      action: "accept",
      content: {
        ...{ name: "Ada", mail: "ada@example.com", site: "https://example.com/", born: "2026-02-28" },
        ...{ at: "2026-02-28T10:00:00Z", age: 36, weight: 61.5, agrees: true, size: "m", color: "g" },
        ...{ toppings: ["h", "o"], days: ["tu"] },
      },
    });
    expect(answers).toEqual([]);
    expect(shown()).toContain("The MCP server docs asks you for an answer. This is the server's question, not Gantry's.");
    for (const line of [
      "name has at least 2 characters",
      "mail is an e-mail address",
      "born is a date",
      "age is at least 18",
      "age is a whole number",
      "has no choice",
      "1. Small s",
      "yes or no [yes]:",
      "│ toppings: h, o",
    ])
      expect(shown()).toContain(line);
    expect(recorded).toEqual([
      {
        ...{ server: "docs", kind: "form", message: "Who are you?", answer: "accept", by: { kind: "user", name: "accept" } },
        fields: Object.keys(everyKind.properties),
      },
    ]);
    expect(JSON.stringify(recorded)).not.toContain("Ada");
  });

  test("can be edited before it is sent, declined and cancelled at any field", async () => {
    const two = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["a", "b"] };
    expect(await session({ answers: ["1", "2", "e", "", "3", "y"] }).form(two)).toEqual({
      action: "accept",
      content: { a: "1", b: "3" },
    });
    expect(await session({ answers: ["1", "/decline"] }).form(two)).toEqual({ action: "decline" });
    expect(await session({ answers: ["/cancel"] }).form(two)).toEqual({ action: "cancel" });
    expect(await session({ answers: ["1", "2", "n"] }).form(two)).toEqual({ action: "decline" });
    expect(await session({ answers: ["", "", "", "", ""] }).form(two)).toEqual({ action: "cancel" });
  });

  test("that asks for what sounds like a secret says that no server may", async () => {
    const { form, shown } = session({ answers: ["/decline"] });
    await form({ type: "object", properties: { githubToken: { type: "string" } } });
    expect(shown()).toContain("It asks for what sounds like a secret (githubToken). MCP forbids");
  });

  test("shows nothing of the server's that steers a terminal", async () => {
    const { form, shown } = session({ answers: ["/decline"] });
    await form(
      { type: "object", properties: { "a\u001b[2J": { type: "string", title: "\u001b]0;x\u0007t\nb" } } },
      "x\u001b[31m\r└ y",
    );
    expect(shown()).not.toMatch(/[\u001b\u0007\r]/);
    expect(shown()).toContain("│ └ y\n");
  });

  test.each([
    [{ type: "object", properties: { a: { type: "object" } } }, 'the field a has the type "object"'],
    [{ type: "object", properties: { a: { type: "array", items: { type: "number" } } } }, "is a list of anything"],
    [{ type: "object", properties: { a: { type: "string", format: "password" } } }, 'has the format "password"'],
    [{ type: "object", properties: { a: {} } }, "has no type"],
    [{ type: "object", properties: {}, required: ["a"] }, "it requires"],
    [{ type: "array" }, "no object"],
  ])("of a schema that is none is declined with the reason: %j", async (schema, reason) => {
    const { form, recorded, heard } = session({ answers: ["never asked"] });
    expect(await form(schema)).toEqual({ action: "decline" });
    expect(recorded).toMatchObject([{ answer: "decline", by: { kind: "nobody" }, reason: expect.stringContaining(reason) }]);
    expect(heard[0]?.text).toContain(reason);
  });

  test("is declined where nobody can answer, and the log and the model are told", async () => {
    const { form, recorded, heard } = session();
    expect(await form(everyKind)).toEqual({ action: "decline" });
    expect(recorded).toMatchObject([{ answer: "decline", reason: "nobody can be asked in this run" }]);
    expect(heard).toEqual([
      {
        by: "MCP server docs",
        text: 'The MCP server docs asked the user to fill in a form ("Who are you?"), which was declined: nobody can be asked in this run.',
      },
    ]);
  });

  test("of a call beyond the fiftieth is refused, the log has twenty and a count, and the model is told once a turn", async () => {
    const { made, recorded, heard } = session();
    const ask = async (call: number) =>
      await made.answer("elicitForm", { message: "Again?", schema: {}, problem: "it is none" }, { ...about, call });
    for (let asked = 0; asked < 50; asked++) expect(await ask(1)).toEqual({ action: "decline" });
    await expect(ask(1)).rejects.toMatchObject({
      code: "MCP_FLOOD",
      message: expect.stringContaining("50 questions of this call"),
    });
    expect([recorded.length, heard.length]).toEqual([20, 0]);
    made.callEnded?.(1);
    expect(recorded).toHaveLength(21);
    expect(recorded.at(-1)?.reason).toContain("31 more questions of this call");
    await ask(2);
    made.callEnded?.(2);
    expect(heard.map(({ text }) => text)).toEqual([expect.stringContaining("It was so 50 times in that call.")]);
  });

  test("that is taken back ends the question and is recorded", async () => {
    const stop = new AbortController();
    const asker = { form: () => new Promise<never>(() => stop.abort(new Error("taken back"))) };
    const { made, recorded } = session({ asker: { ...session({ answers: [] }).made, ...asker } as never });
    await expect(
      made.answer("elicitForm", { message: "", schema: {} }, { server: "docs", signal: stop.signal }),
    ).rejects.toThrow("taken back");
    expect(recorded).toMatchObject([{ answer: "cancel" }]);
  });
});

describe("an address", () => {
  const ask = (url: string, setting: Setting) => {
    const made = session(setting);
    return { ...made, reply: made.made.answer("elicitUrl", { message: "Log in", url, elicitationId: "e1" }, about) };
  };

  test("is shown whole with its host alone, and opened after a yes", async () => {
    const url = "https://xn--80ak6aa92e.com/login?state=s3cret";
    const { reply, shown, opened, recorded } = ask(url, { answers: ["y"] });
    expect(await reply).toEqual({ action: "accept" });
    expect(shown()).toContain(`│\n│   xn--80ak6aa92e.com\n│\n│ ${url}\n`);
    expect(opened).toEqual([url]);
    expect(recorded).toMatchObject([{ kind: "url", answer: "accept", url: "xn--80ak6aa92e.com" }]);
    expect(JSON.stringify(recorded)).not.toContain("s3cret");
  });

  test("is not opened after anything else; where nothing can open it, it is printed", async () => {
    for (const [typed, action] of [
      ["", "decline"],
      ["n", "decline"],
      ["c", "cancel"],
    ] as const) {
      const { reply, opened } = ask("https://example.com/", { answers: [typed] });
      expect([await reply, opened]).toEqual([{ action }, []]);
    }
    const { reply, shown } = ask("https://example.com/x", { answers: ["y"], open: async () => false });
    expect(await reply).toEqual({ action: "accept" });
    expect(shown()).toContain("open it yourself, https://example.com/x");
  });

  test.each(["file:///etc/passwd", "javascript:alert(1)", "https://good.com@evil.com/", "no address"])(
    "%s is declined and never shown as a question",
    async (url) => {
      const { reply, shown, opened } = ask(url, { answers: ["y"] });
      expect([await reply, shown(), opened]).toEqual([{ action: "decline" }, "", []]);
    },
  );
});

describe("hooks at a server's question", () => {
  type Say = Record<string, unknown> | undefined;
  const hooked = (elicit: Say, elicited?: Say): { hooks: Hooks; payloads: unknown[] } => {
    const hooks = createHooks({ onFired: () => undefined });
    const payloads: unknown[] = [];
    for (const [on, said] of [
      ["mcp.elicit", elicit],
      ["mcp.elicited", elicited],
    ] as const) {
      const run = (payload: unknown) => {
        payloads.push(payload);
        return said as never;
      };
      hooks.tap("config", { on, kind: "judge", name: on, run }, { source: "g:1", event: "Elicitation", mayAllow: true });
    }
    return { hooks, payloads };
  };
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

  test("a deny declines before the user is asked", async () => {
    const { hooks, payloads } = hooked({ verdict: "deny", reason: "not here" });
    const { form, recorded, shown } = session({ answers: ["1"], hooks });
    expect([await form(schema), shown()]).toEqual([{ action: "decline" }, ""]);
    expect(payloads).toEqual([{ sessionId: "s1", server: "docs", mode: "form", message: "Who are you?", schema }]);
    expect(recorded).toMatchObject([
      { answer: "decline", by: { kind: "judge", name: "config:mcp.elicit" }, reason: "not here" },
    ]);
  });

  test("a trusted hook answers in place of the user, by the schema", async () => {
    const answering = (content: object) => hooked({ verdict: "allow", answer: { action: "accept", content } }).hooks;
    const fits = session({ answers: ["1"], hooks: answering({ n: 7 }) });
    expect([await fits.form(schema), fits.shown()]).toEqual([{ action: "accept", content: { n: 7 } }, ""]);
    expect(fits.recorded).toMatchObject([{ by: { kind: "hook" }, fields: ["n"] }]);
    const wrong = session({ answers: ["1"], hooks: answering({ n: "x" }) });
    expect(await wrong.form(schema)).toEqual({ action: "decline" });
    expect(wrong.recorded).toMatchObject([{ reason: "the hook's answer does not fit what is asked: n is a whole number" }]);
  });

  test("a hook at the answer sees it, replaces it, or declines it", async () => {
    const seen = hooked(undefined, { verdict: "allow", answer: { action: "accept", content: { n: 2 } } });
    expect(await session({ answers: ["1", "y"], hooks: seen.hooks }).form(schema)).toEqual({
      action: "accept",
      content: { n: 2 },
    });
    expect(seen.payloads.at(-1)).toMatchObject({ action: "accept", content: { n: 1 } });
    const { hooks } = hooked(undefined, { verdict: "deny", answer: { action: "cancel" } });
    expect(await session({ answers: ["1", "y"], hooks }).form(schema)).toEqual({ action: "cancel" });
  });
});

describe("sampling", () => {
  const text = (words: string) => ({ type: "text" as const, text: words });
  const params = {
    messages: [
      { role: "user" as const, content: text("Where is s3cret?") },
      { role: "user" as const, content: text("Capital?") },
    ],
    systemPrompt: "Be brief",
    maxTokens: 50,
    stopSequences: [" END"],
  };
  const sample = async (made: ReturnType<typeof session>, more: object = {}) =>
    await made.made.answer("sample", { ...params, ...more }, about);

  test("is shown, asked, sent without secrets and tools, and its tokens are told", async () => {
    const made = session({ answers: ["y"] });
    expect(await sample(made)).toEqual({ model: "claude-sonnet-5", text: "Paris.", stopReason: "endTurn" });
    expect(made.asked).toEqual([
      {
        messages: [{ role: "user", content: [text("Where is [redacted]?"), text("Capital?")] }],
        ...{ maxOutputTokens: 50, system: "Be brief" },
      },
    ]);
    expect(made.shown()).toContain("The MCP server docs wants to ask your model.");
    expect(made.shown()).toContain("│ system: Be brief\n│ user: Where is [redacted]?\n│ user: Capital?\n");
    expect(made.recorded).toEqual([
      { server: "docs", kind: "sample", message: "Capital?", answer: "accept", by: { kind: "user", name: "once" }, usage },
    ]);
  });

  test("is asked once for a session where the user says so, and ends with the server's tokens", async () => {
    const made = session({ answers: ["s"] });
    await sample(made);
    await sample(made);
    expect(made.asked.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([50, 50]);
    await sample(made);
    expect(made.asked.at(-1)?.maxOutputTokens).toBe(16);
    await expect(sample(made)).rejects.toMatchObject({
      code: "MCP_SAMPLING_DENIED",
      message: expect.stringContaining(
        "it has used 126 tokens of the session's model, and sampling.tokensPerSession gives it 100",
      ),
    });
  });

  test.each([
    [{ answers: ["n"] }, "the user said no"],
    [{}, "nobody can be asked; mcpServers.docs.sampling can allow it"],
    [{ answers: ["y"], approve: "never" as const }, "--approve never answers no"],
    [{ answers: ["y"], sampling: { answer: "deny" as const } }, "its entry in the config says no"],
    [{ answers: ["y"], mode: () => "dontAsk" as const }, "the mode dontAsk asks nobody"],
  ])("is denied in words: %j", async (setting, why) => {
    const made = session(setting);
    await expect(sample(made)).rejects.toMatchObject({ code: "MCP_SAMPLING_DENIED", message: expect.stringContaining(why) });
    expect([made.asked, made.recorded]).toMatchObject([[], [{ kind: "sample", answer: "denied" }]]);
  });

  test("the config or a flag says yes for all", async () => {
    for (const setting of [{ sampling: { answer: "allow" as const } }, { approve: "always" as const }])
      expect(await sample(session(setting))).toMatchObject({ text: "Paris." });
  });

  test("images go along; what the model cannot take is refused in words", async () => {
    const made = session({ approve: "always" });
    const image = { type: "image" as const, data: "aGk=", mimeType: "image/png" };
    await sample(made, { messages: [{ role: "user", content: image }] });
    expect(made.asked[0]?.messages).toEqual([
      { role: "user", content: [{ type: "image", mediaType: "image/png", data: "aGk=" }] },
    ]);
    for (const [messages, why] of [
      [[{ role: "user", content: { type: "audio", data: "", mimeType: "audio/wav" } }], "content of type audio"],
      [[{ role: "assistant", content: text("x") }], "its first message is the assistant's"],
      [[], "no messages"],
    ] as const)
      await expect(sample(made, { messages })).rejects.toThrow(why);
  });

  test("a model that fails is recorded, and its own error goes on", async () => {
    const made = session({ approve: "always", ask: () => Promise.reject(new Error("overloaded")) });
    await expect(sample(made)).rejects.toThrow("overloaded");
    expect(made.recorded).toMatchObject([{ answer: "failed", reason: "overloaded" }]);
  });
});

describe("a login", () => {
  test("opens no address that is not of the web, and answers nothing else", async () => {
    const said: string[] = [];
    const login = createLoginAnswers({
      id: "login",
      say: async (words) => void said.push(words),
      nextLine: async () => " the-code ",
      open: async () => true,
    });
    expect(await login.answer("openUrl", { url: "https://id.example/auth?x=1" }, about)).toEqual({ opened: true });
    expect(await login.answer("pasteCode", { url: "https://id.example/auth" }, about)).toEqual({ text: "the-code" });
    expect(said[0]).toContain("https://id.example/auth?x=1");
    await expect(login.answer("openUrl", { url: "file:///x" }, about)).rejects.toMatchObject({ code: "MCP_LOGIN_FAILED" });
    await expect(login.answer("elicitForm", { message: "", schema: {} }, about)).rejects.toThrow("nothing else");
    await expect(
      session({ answers: ["y"] }).made.answer("openUrl", { url: "https://x.example/" }, about),
    ).rejects.toMatchObject({
      code: "MCP_NEEDS_LOGIN",
    });
  });
});

test("the opener is a program of the system, given the address as one word and no secrets", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-open-"));
  const script = join(folder, "xdg-open");
  await writeFile(
    script,
    `#!/bin/sh\nprintf '%s|%s|%s' "$#" "$1" "$MY_TOKEN" > "${folder}/got"\n[ "$1" != "https://no.example/" ]\n`,
  );
  await chmod(script, 0o755);
  const env = { PATH: `${folder}:${process.env["PATH"]}`, DISPLAY: ":0", MY_TOKEN: "s3cret" };
  const url = "https://example.com/?a=$(id)&b='x'";
  expect(await openUrl(url, env, "linux")).toBe(true);
  expect(await readFile(join(folder, "got"), "utf8")).toBe(`1|${url}|`);
  expect(await openUrl("https://no.example/", env, "linux")).toBe(false);
  expect(await openUrl(url, { PATH: env.PATH }, "linux")).toBe(false);
  expect(await openUrl(url, { PATH: "/nowhere", DISPLAY: ":0" }, "linux")).toBe(false);
  await rm(folder, { recursive: true });
});
