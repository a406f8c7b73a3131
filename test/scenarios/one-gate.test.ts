/**
 * One gate: whichever front end a call comes from, the same deny rule and the same guard stop it. A further front end gets a
 * row here. Each plays three lines: one that the rule denies, one that the guard denies, and one that both let through.
 */
import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { gantryOnTerminal } from "../shell/gantry.ts";
import { type Bench, bench } from "../support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lines = ["touch ruled", "touch guarded", "touch free"] as const;

interface FrontEnd {
  /** More of the input of each call. */
  input?: object;
  /** The model plays the three calls, and these. */
  after?: readonly unknown[];
  /** What each of the three calls was answered. */
  play(place: Bench): Promise<(string | undefined)[]>;
}

const bash = (command: string, more: object = {}): unknown => ({ call: { name: "Bash", input: { command, ...more } } });
const told = ({ model }: Bench): (string | undefined)[] =>
  lines.map((_line, index) => model.requests[index + 1]?.toolResults.at(-1)?.text);

const program = `
import { createRuntime } from "gantry";
const runtime = await createRuntime({ cwd: process.cwd(), env: process.env });
const session = await runtime.openSession({});
const { stop } = await session.send([{ type: "text", text: "go" }], "api");
await runtime.close();
process.stdout.write(stop);
`;

const frontEnds: Record<string, FrontEnd> = {
  "a one-shot run": {
    async play(place) {
      expect((await place.gantry(["run", "go"])).exit).toBe(0);
      return told(place);
    },
  },
  "a run whose calls are sent to the background": {
    input: { run_in_background: true },
    after: [bash("while ! test -e free; do sleep 0.02; done")],
    async play(place) {
      expect((await place.gantry(["run", "go"])).exit).toBe(0);
      return told(place);
    },
  },
  "a resumed run": {
    async play(place) {
      place.model.plays({ steps: [{ say: "Hello." }] });
      await place.gantry(["run", "hello"]);
      place.model.plays({ steps: stepsOf({}) });
      expect((await place.gantry(["run", "go", "--continue"])).exit).toBe(0);
      return lines.map((_line, index) => place.model.requests[index + 2]?.toolResults.at(-1)?.text);
    },
  },
  "tools call": {
    async play(place) {
      const answers: string[] = [];
      for (const command of lines) {
        const { exit, stdout, stderr } = await place.gantry(["tools", "call", "Bash", JSON.stringify({ command })]);
        expect(exit).toBe(command === "touch free" ? 0 : 1);
        answers.push(stdout + stderr);
      }
      return answers;
    },
  },
  "the line session": {
    async play(place) {
      const terminal = gantryOnTerminal({ workspace: place.cwd, env: place.env }, []);
      await terminal.shows("›");
      terminal.types("go\r");
      await terminal.shows("Done.");
      await terminal.shows("›");
      terminal.types("\u0004");
      expect(await terminal.ended).toBe(0);
      return told(place);
    },
  },
  "a program that embeds Gantry": {
    async play(place) {
      await mkdir(path.join(place.home, "node_modules"));
      await symlink(root, path.join(place.home, "node_modules/gantry"));
      await writeFile(path.join(place.home, "program.mjs"), program);
      expect(await outputOf(path.join(place.home, "program.mjs"), place)).toBe("end_turn");
      return told(place);
    },
  },
};

test.each(Object.entries(frontEnds))("%s meets the same deny rule and the same guard", async (_name, frontEnd) => {
  const place = await guarded(stepsOf(frontEnd));
  const [ruled, guardedLine] = await frontEnd.play(place);
  expect(ruled).toMatch(/Bash\(touch ruled:\*\)/);
  expect(guardedLine).toContain("not on my watch");
  const made = (await readdir(place.cwd)).filter((name) => lines.some((line) => line === `touch ${name}`));
  expect(made).toEqual(["free"]);
  const asked = (await readFile(path.join(place.home, "asked.jsonl"), "utf8")).trimEnd().split("\n");
  const commands = asked.map((line) => (JSON.parse(line) as { tool_input: { command: string } }).tool_input.command);
  // Once for each call: also for the one that a rule denies, as hooks may change an input before rules see it.
  expect(commands.slice(0, lines.length)).toEqual(lines);
});

function stepsOf({ input = {}, after = [] }: Pick<FrontEnd, "input" | "after">): unknown[] {
  return [...lines.map((line) => bash(line, input)), ...after, { say: "Done." }];
}

/** Everything is allowed but for one deny rule, and a guard that keeps what it was asked. */
async function guarded(steps: readonly unknown[]): Promise<Bench> {
  const place = await bench(steps);
  const command =
    'in=$(cat); printf \'%s\\n\' "$in" >> "$HOME/asked.jsonl"; ' +
    "case \"$in\" in *'touch guarded'*) echo 'not on my watch' >&2; exit 2;; esac";
  const config = {
    permissions: { allow: ["Bash"], deny: ["Bash(touch ruled:*)"] },
    hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command }] }] },
  };
  const folder = path.join(place.home, ".config/gantry");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "config.json"), JSON.stringify(config, null, 2));
  return place;
}

function outputOf(file: string, { cwd, env }: Bench): Promise<string> {
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", () => resolve(output));
  });
}
