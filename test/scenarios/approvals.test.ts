/** Who may do what, through the command: rules, modes, --approve and --tools, in the one order of the design. */
import { expect, test } from "vitest";
import { bench, resultTexts } from "../support/cli.ts";

const command = (line: string) => ({ call: { name: "Bash", input: { command: line } } });

/** The outcome of one `touch made.txt` under these flags: its code, and the exit of the run. */
async function verdict(flags: readonly string[], files: Record<string, string> = {}): Promise<[string, number | null]> {
  const made = await bench([command("touch made.txt"), { say: "Done." }], files);
  const { json, exit, stderr } = await made.run("touch", flags);
  const isMade = await made.file("made.txt").then(
    () => true,
    () => false,
  );
  const [call] = json.toolCalls;
  if (!call) throw new Error(`no call was made: ${stderr} ${JSON.stringify(json)}`);
  expect(isMade).toBe(call.outcome === "ok");
  return [call.code ?? call.outcome, exit];
}

const allow = ["--allow", "Bash(touch:*)"];
const ask = ["--ask", "Bash(touch:*)"];
const deny = ["--deny", "Bash(touch:*)"];
const always = ["--approve", "always"];
const mode = (name: string): string[] => ["--permission-mode", name];
const bypass = [...mode("bypassPermissions"), "--allow-root-bypass"];

test.each<[string, string[], string, number]>([
  ["nothing said: asked, and nobody is there", [], "APPROVAL_UNAVAILABLE", 3],
  ["an allow rule", allow, "ok", 0],
  ["an allow rule for another command", ["--allow", "Bash(git:*)"], "APPROVAL_UNAVAILABLE", 3],
  ["a deny rule beats an allow rule", [...allow, ...deny], "APPROVAL_DENIED", 0],
  ["a deny rule beats --approve always", [...deny, ...always], "APPROVAL_DENIED", 0],
  ["a deny rule beats bypassPermissions", [...deny, ...bypass], "APPROVAL_DENIED", 0],
  ["an ask rule beats an allow rule", [...allow, ...ask], "APPROVAL_UNAVAILABLE", 3],
  ["an ask rule beats bypassPermissions", [...ask, ...bypass], "APPROVAL_UNAVAILABLE", 3],
  ["an ask rule is answered by --approve always", [...ask, ...always], "ok", 0],
  ["--approve never is an answer", ["--approve", "never"], "APPROVAL_DENIED", 0],
  ["--approve never does not touch what is allowed", ["--approve", "never", ...allow], "ok", 0],
  ["dontAsk denies what would be asked", mode("dontAsk"), "APPROVAL_DENIED", 0],
  ["dontAsk leaves what a rule allows", [...mode("dontAsk"), ...allow], "ok", 0],
  ["dontAsk denies what an ask rule names", [...mode("dontAsk"), ...allow, ...ask], "APPROVAL_DENIED", 0],
  ["plan beats an allow rule and --approve always", [...mode("plan"), ...allow, ...always], "APPROVAL_DENIED", 0],
  ["read-only is plan", [...mode("read-only"), ...always], "APPROVAL_DENIED", 0],
  ["acceptEdits does not cover commands", mode("acceptEdits"), "APPROVAL_UNAVAILABLE", 3],
  ["bypassPermissions", bypass, "ok", 0],
])("%s", async (_name, flags, code, exit) => {
  expect(await verdict(flags)).toEqual([code, exit]);
});

test("a project's own deny rule holds without trust, and its allow rule waits for it", async () => {
  const deniedBy = (permissions: object) => ({ "gantry.config.json": JSON.stringify({ permissions }) });
  expect(await verdict(allow, deniedBy({ deny: ["Bash(touch:*)"] }))).toEqual(["APPROVAL_DENIED", 0]);
  expect(await verdict(["--trust"], deniedBy({ allow: ["Bash(touch:*)"] }))).toEqual(["ok", 0]);
});

test.each([
  "touch made.txt && git push",
  "touch $(git push)",
  "touch made.txt; git push",
  "touch `git push`",
  "touch made.txt > /etc/passwd",
  "touch a\ngit push",
])("an allow rule for one command does not cover %j", async (line) => {
  const { run, events } = await bench([command(line), { say: "Done." }]);
  expect(await run("touch", allow)).toMatchObject({ exit: 3, json: { toolCalls: [{ code: "APPROVAL_UNAVAILABLE" }] } });
  expect((await events()).find(({ type }) => type === "tool.approval")).toMatchObject({
    data: { verdict: "deny", asked: true, by: { kind: "nobody" } },
  });
});

test("a decision names the rule and where it is written", async () => {
  const { run, model, events, cwd } = await bench([command("git push"), { say: "No." }], {
    "gantry.config.json": '{\n  "permissions": {\n    "deny": ["Bash(git push:*)"]\n  }\n}\n',
  });
  await run("push");
  expect(resultTexts(model)[0]).toContain(`${cwd}/gantry.config.json:3`);
  expect((await events()).find(({ type }) => type === "tool.approval")).toMatchObject({
    data: { verdict: "deny", by: { kind: "rule", name: "Bash(git push:*)", source: `${cwd}/gantry.config.json:3` } },
  });
});

test.skipIf(process.getuid?.() !== 0)("bypassPermissions as root is refused before anything starts, exit 2", async () => {
  const { run, model, logs } = await bench([{ say: "Never." }]);
  const { exit, json } = await run("hello", mode("bypassPermissions"));
  expect([exit, json.error?.code]).toEqual([2, "ROOT_BYPASS_REFUSED"]);
  expect(model.requests).toEqual([]);
  expect(await logs()).toEqual([]);
});

test("--tools offers the model those and no others; a name that does not exist is an error with the nearest", async () => {
  const { run, model } = await bench([command("true"), { say: "No Bash." }]);
  const { json } = await run("read", ["--tools", "Read,Grep", ...always]);
  expect(model.requests[0]?.body.tools?.map(({ name }) => name).sort()).toEqual(["Grep", "Read"]);
  expect(json.toolCalls).toMatchObject([{ name: "Bash", outcome: "error", code: "TOOL_UNKNOWN" }]);
  const wrong = await run("read", ["--tools", "Read,Gerp"]);
  expect([wrong.exit, wrong.json.error?.message]).toEqual([2, expect.stringContaining("Did you mean Grep?")]);
});

test("a bare deny rule takes the tool from the model's list", async () => {
  const { run, model } = await bench([{ say: "No Bash." }]);
  await run("hello", ["--deny", "Bash"]);
  expect(model.requests[0]?.body.tools?.map(({ name }) => name)).not.toContain("Bash");
});
