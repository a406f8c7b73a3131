/**
 * The law of import: whatever the permissions of the source say about a call, Gantry under what was imported says the same or
 * something stricter. The source's side is a small reading of its own (reference-*.ts).
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Rule } from "../../core/permission/rules/rules.ts";
import { start } from "../permission/start.ts";
import { type ImportPlace, imported, makePlace, put } from "./place.ts";
import { type Call, type Settings, strictness, type Verdict, verdictOf } from "./reference-claude.ts";
import { type ClawCall, clawVerdict } from "./reference-claw.ts";

let ground: ImportPlace;
beforeAll(async () => {
  ground = await makePlace();
});
afterAll(async () => await ground.remove());

const files = ["src/a.ts", "src/deep/b.ts", "notes.md", "docs/x.md", "config/prod.json", "sub/secrets/k.txt", "secrets/k.txt"];

let count = 0;
/** A place of its own for each run: nothing of the one before is in it. */
async function fresh(): Promise<ImportPlace> {
  const root = join(ground.root, `run${++count}`);
  const place = {
    ...ground,
    root,
    home: join(root, "home"),
    project: join(root, "home/work/app"),
    outside: join(root, "outside"),
  };
  await mkdir(join(place.project, ".git"), { recursive: true });
  for (const file of files) await put(join(place.project, file), "x");
  await put(join(place.home, "own/n.md"), "x");
  await put(join(place.outside, "o.txt"), "x");
  return place;
}

type Asked = { tool: "Bash" | "Read" | "Write" | "Edit" | "Glob" | "Grep"; subject: string };

/** What Gantry says of each call, under the config that the import left. */
async function gantryVerdicts(agent: "claude" | "claw", place: ImportPlace, calls: readonly Asked[]): Promise<Verdict[]> {
  const { mode, rules, folders } = await imported(agent, place);
  const verdicts: Verdict[] = [];
  const started = start({
    folders: { ...place, workspace: place.project, outputDir: join(place.root, "state") },
    policy: { mode, rules, additionalDirs: folders },
    answers: () => ({ choice: "once" }),
  });
  for (const { tool, subject } of calls) {
    const before = started.questions.length;
    const { verdict } = await started.approve(tool, subject);
    verdicts.push(started.questions.length > before ? "ask" : verdict === "allow" ? "allow" : "deny");
  }
  return verdicts;
}

// ── Claude Code ──────────────────────────────────────────────────────────────────────────────────────────────────────

const commands = [
  ...["git status", "git push origin main", "git push --force", "git commit -m x", "npm test", "npm run test", "npm run build"],
  ...[
    "rm -rf build",
    "rm x",
    "rmdir x",
    "ls src",
    "cat notes.md",
    "cat secrets/k.txt",
    "curl x.sh",
    "sh",
    "echo a",
    "node -v",
    "make",
  ],
];
const command = fc.constantFrom(...commands);
const claudeLine = fc.record({
  tool: fc.constant("Bash" as const),
  commands: fc.array(command, { minLength: 1, maxLength: 3 }),
  by: fc.constantFrom(" && ", "; ", " | "),
});

const lineRules = [
  ...[
    "Bash",
    "Bash(*)",
    "Bash()",
    "Bash(git:*)",
    "Bash(git *)",
    "Bash(git push:*)",
    "Bash(git push *)",
    "Bash(git push --force)",
  ],
  ...[
    "Bash(git*)",
    "Bash(* main)",
    "Bash(git * main)",
    "Bash(npm test)",
    "Bash(npm run test:*)",
    "Bash(npm run*)",
    "Bash(rm:*)",
  ],
  ...[
    "Bash(rm*)",
    "Bash(rm -rf *)",
    "Bash(curl * | sh)",
    "Bash(curl:*)",
    "Bash(cat:*)",
    "Bash(ls)",
    "Bash(echo \\a)",
    "Bash(make && rm x)",
  ],
  ...[
    'Bash(git commit -m "x")',
    "Bash(node -v)",
    "Bash(git:* main)",
    "Bash(sudo:*)",
    "Bash(echo  a)",
    "Bash(git",
    "bash(git:*)",
  ],
];
const pathBodies = [
  ...["./src/**", "src/**", "/src/**", "*.md", "notes.md", "./notes.md", "secrets/**", "./secrets/k.txt", "config/prod.json"],
  ...[
    "~/own/**",
    "~/**",
    "**",
    "../other/**",
    "../app/src/**",
    "/docs/*",
    "docs/",
    "!notes.md",
    "./{src,docs}/**",
    "src/*.ts",
    "**/*.ts",
  ],
];
const pathRules = ["Read", "Edit", "Write"].flatMap((tool) => [tool, ...pathBodies.map((body) => `${tool}(${body})`)]);
const odd = [
  "WebFetch(domain:example.com)",
  "WebSearch",
  "Foo",
  "mcp__docs",
  "mcp__docs__*",
  "Agent(x)",
  "Glob(src/**)",
  "",
  "(",
  "Read(",
];
const claudeRule = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...lineRules) },
  { weight: 3, arbitrary: fc.constantFrom(...pathRules) },
  { weight: 1, arbitrary: fc.constantFrom(...odd) },
);
const claudeRules = fc.uniqueArray(claudeRule, { maxLength: 4 });
const settings = fc.record({
  permissions: fc.record(
    {
      allow: claudeRules,
      ask: claudeRules,
      deny: claudeRules,
      defaultMode: fc.constantFrom("default", "acceptEdits", "plan", "dontAsk", "auto", "bypassPermissions"),
    },
    { requiredKeys: ["allow", "ask", "deny"] },
  ),
});

function claudeCalls({ project, home, outside }: ImportPlace): Call[] {
  const paths = [
    ...files.map((file) => join(project, file)),
    join(project, "new.md"),
    join(home, "own/n.md"),
    join(outside, "o.txt"),
  ];
  return (["Read", "Write", "Edit"] as const).flatMap((tool) => paths.map((path): Call => ({ tool, path })));
}

function asked(call: Call): Asked {
  return call.tool === "Bash"
    ? { tool: "Bash", subject: call.commands.join(call.by) }
    : { tool: call.tool, subject: call.path };
}

test("no call goes ahead in Gantry that Claude Code would have asked about or denied", async () => {
  const world = fc.record({
    user: settings,
    project: settings,
    local: settings,
    lines: fc.array(claudeLine, { minLength: 12, maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(world, async ({ user, project, local, lines }) => {
      const place = await fresh();
      const folder = join(place.project, ".claude");
      await put(join(place.home, ".claude/settings.json"), user);
      await put(join(folder, "settings.json"), project);
      await put(join(folder, "settings.local.json"), local);
      const sources: { settings: Settings; base: string }[] = [
        { settings: user as Settings, base: join(place.home, ".claude") },
        { settings: project as Settings, base: place.project },
        { settings: local as Settings, base: place.project },
      ];
      const calls = [...lines, ...claudeCalls(place)];
      const said = calls.map((call) => verdictOf(call, { sources, cwd: place.project, home: place.home }));
      const here = await gantryVerdicts("claude", place, calls.map(asked));
      const looser = calls.flatMap((call, at) => {
        const [theirs, ours] = [said[at] ?? "deny", here[at] ?? "allow"];
        return strictness[ours] < strictness[theirs] ? [{ call: asked(call), theirs, ours }] : [];
      });
      expect(looser).toEqual([]);
    }),
    { numRuns: 40 },
  );
}, 60_000);

const serverRules = ["mcp__s", "mcp__s__*", "mcp__s__peek", "mcp__s__p*", "mcp__t", "mcp__t__put", "mcp__*", "*", "mcp__x"];
const serverList = fc.uniqueArray(fc.constantFrom(...serverRules), { maxLength: 2 });
const serverSettings = fc.record({ permissions: fc.record({ allow: serverList, ask: serverList, deny: serverList }) });

/** Whatever a tool says of itself, it is asked about unless a rule names it or its server. */
function serverVerdict(tool: string, sources: readonly Settings[]): Verdict {
  const [, server = ""] = /^(mcp__[a-z]+)__/.exec(tool) ?? [];
  const speaks = (behavior: Verdict): boolean =>
    sources
      .flatMap(({ permissions }) => permissions[behavior])
      .some((rule) => {
        if (rule === "*" || rule === "mcp__*") return behavior !== "allow";
        const isPattern = rule.endsWith("*") && tool.startsWith(rule.slice(0, -1));
        return rule === tool || rule === server || isPattern;
      });
  return speaks("deny") ? "deny" : speaks("ask") || !speaks("allow") ? "ask" : "allow";
}

async function serverCallHere(tool: string, place: ImportPlace, rules: Rule[]): Promise<Verdict> {
  const folders = { ...place, workspace: place.project, outputDir: join(place.root, "state") };
  const { approver, questions } = start({ folders, policy: { rules }, answers: () => ({ choice: "once" }) });
  const manifest = { name: tool, description: "", inputSchema: {}, plugin: "mcp", effect: "reads" as const };
  const call = { sessionId: "s", callId: "c", tool, input: {}, cwd: place.project };
  const { verdict } = await approver.approve(call, manifest, { signal: new AbortController().signal });
  return questions.length > 0 ? "ask" : verdict === "allow" ? "allow" : "deny";
}

test("no tool of a server that only reads runs unasked where Claude Code asks, in this project and in others", async () => {
  await fc.assert(
    fc.asyncProperty(serverSettings, serverSettings, async (user, project) => {
      const place = await fresh();
      await put(join(place.home, ".claude.json"), { mcpServers: { s: { command: "node" } } });
      await put(join(place.project, ".mcp.json"), { mcpServers: { t: { command: "node" } } });
      await put(join(place.home, ".claude/settings.json"), user);
      await put(join(place.project, ".claude/settings.json"), project);
      const { rules } = await imported("claude", place);
      const ofUser = rules.filter(({ source }) => source.startsWith("user"));
      const worlds = [
        { sources: [user, project], here: rules, tools: ["mcp__s__peek", "mcp__s__put", "mcp__t__peek", "mcp__t__put"] },
        { sources: [user], here: ofUser, tools: ["mcp__s__peek", "mcp__s__put"] },
      ];
      for (const { sources, here, tools } of worlds)
        for (const tool of tools) {
          const theirs = serverVerdict(tool, sources);
          const ours = await serverCallHere(tool, place, here);
          expect(strictness[ours], `${tool}: ${theirs} there, ${ours} here`).toBeGreaterThanOrEqual(strictness[theirs]);
        }
    }),
    { numRuns: 40 },
  );
}, 60_000);

// ── Claw Code ────────────────────────────────────────────────────────────────────────────────────────────────────────

const clawRules = [
  ...[
    "bash",
    "bash(*)",
    "bash()",
    "bash(git:*)",
    "bash(git push:*)",
    "bash(git p:*)",
    "bash(npm test)",
    "bash(rm:*)",
    "bash(rm -rf build)",
  ],
  ...[
    "bash(rm x; ls)",
    "bash(ls src && rm:*)",
    "bash(echo *)",
    'bash(echo "a":*)',
    "bash(\\(ls\\))",
    "Bash(rm:*)",
    "bash(cat:*)",
  ],
  ...[
    "read_file",
    "write_file",
    "edit_file",
    "glob_search",
    "grep_search",
    "read_file(notes.md)",
    "read_file(src/:*)",
    "write_file(src/:*)",
  ],
  ...[
    "write_file(notes.md)",
    "edit_file(src/a.ts)",
    "edit_file(s:*)",
    "glob_search(src)",
    "grep_search(x)",
    "write",
    "Write(src/:*)",
    "bash(",
    "",
  ],
];
const clawList = fc.uniqueArray(fc.constantFrom(...clawRules), { maxLength: 4 });
const clawConfig = fc.record({
  permissions: fc.record(
    {
      allow: clawList,
      ask: clawList,
      deny: clawList,
      defaultMode: fc.constantFrom(
        "default",
        "plan",
        "read-only",
        "acceptEdits",
        "auto",
        "workspace-write",
        "dontAsk",
        "danger-full-access",
      ),
    },
    { requiredKeys: ["allow", "ask", "deny"] },
  ),
});
const reading = ["ls src", "cat notes.md", "ls src; cat notes.md", "git status", "echo *", "(ls)"];
const clawLines = [
  ...reading,
  ...["git push", "git pull; rm x", "gitx", "npm test", "npm test && rm x", "rm -rf build", "rm x", "rm x; ls", "rmdir x"],
  ...["ls src && rm x", 'echo "a"', "echo a", "make"],
];
const clawLine = (subject: string): ClawCall => {
  return { tool: "bash", subject, isReading: reading.includes(subject) || subject === "ls" };
};
const ours = {
  bash: "Bash",
  read_file: "Read",
  write_file: "Write",
  edit_file: "Edit",
  glob_search: "Glob",
  grep_search: "Grep",
} as const;
const clawCalls: ClawCall[] = [
  ...clawLines.map(
    (subject): ClawCall => ({ ...clawLine(subject), parts: subject.split(/ && |; /).map((part) => clawLine(part)) }),
  ),
  ...(["read_file", "write_file", "edit_file"] as const).flatMap((tool) =>
    ["notes.md", "src/a.ts", "src/new.ts", "docs/x.md"].map((subject): ClawCall => ({ tool, subject })),
  ),
  { tool: "glob_search", subject: "src" },
  { tool: "grep_search", subject: "src" },
];

test("no call goes ahead in Gantry that Claw Code would have asked about or denied", async () => {
  await fc.assert(
    fc.asyncProperty(clawConfig, async (config) => {
      const place = await fresh();
      await writeFile(join(place.home, ".claw.json"), JSON.stringify(config));
      const said = clawCalls.map((call) => clawVerdict(call, config as Parameters<typeof clawVerdict>[1]));
      const here = await gantryVerdicts(
        "claw",
        place,
        clawCalls.map(({ tool, subject }) => ({ tool: ours[tool], subject })),
      );
      const looser = clawCalls.flatMap((call, at) => {
        const [theirs, mine] = [said[at] ?? "deny", here[at] ?? "allow"];
        return strictness[mine] < strictness[theirs] ? [{ call, theirs, ours: mine }] : [];
      });
      expect(looser).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);
