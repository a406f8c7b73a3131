/** A real workspace in a temp folder and an approver over it; every answer and question is recorded. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ToolManifest } from "../../core/contract/manifest.ts";
import type { JsonObject } from "../../core/contract/messages.ts";
import {
  type Approval,
  type ApprovalAnswer,
  type ApprovalQuestion,
  type Approver,
  createApprover,
  type Policy,
} from "../../core/permission/approval.ts";
import type { Judged } from "../../core/permission/decision.ts";
import { type Behavior, parseRules } from "../../core/permission/rules/rules.ts";

export type Tool = ToolManifest & { plugin: string };

const tool = (name: string, rest: Pick<Tool, "effect" | "subject">): Tool => {
  return { name, description: name, inputSchema: {}, plugin: "test", ...rest };
};

export const tools = {
  Read: tool("Read", { effect: "reads", subject: { kind: "path", field: "file_path" } }),
  Glob: tool("Glob", { effect: "reads", subject: { kind: "path", field: "path", glob: "pattern" } }),
  Grep: tool("Grep", { effect: "reads", subject: { kind: "path", field: "path" } }),
  Write: tool("Write", { effect: "writes", subject: { kind: "path", field: "file_path" } }),
  Edit: tool("Edit", { effect: "writes", subject: { kind: "path", field: "file_path" } }),
  Bash: tool("Bash", { effect: "runs", subject: { kind: "command", field: "command" } }),
  TodoWrite: { ...tool("TodoWrite", { effect: "session" }) },
  Deploy: { ...tool("Deploy", { effect: "runs" }) },
} as const satisfies Record<string, Tool>;

export const toolList: readonly Tool[] = Object.values(tools);

export interface Folders {
  root: string;
  workspace: string;
  home: string;
  outside: string;
  outputDir: string;
}

/** Folders beside each other below one temp folder, and a way to remove them all. */
export async function makeFolders(): Promise<Folders & { remove(): Promise<void> }> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "gantry-permission-")));
  const folders = {
    root,
    workspace: join(root, "work"),
    home: join(root, "home"),
    outside: join(root, "outside"),
    outputDir: join(root, "state", "output"),
  };
  await Promise.all(Object.values(folders).map((path) => mkdir(path, { recursive: true })));
  return { ...folders, remove: () => rm(root, { recursive: true }) };
}

export async function put(path: string, text = "x"): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

export interface Setting {
  folders: Folders;
  allow?: readonly string[];
  ask?: readonly string[];
  deny?: readonly string[];
  policy?: Partial<Policy>;
  judge?: Judged | (() => Promise<Judged>);
  judgeAsk?: Judged;
  answers?: (question: ApprovalQuestion, signal: AbortSignal) => ApprovalAnswer | Promise<ApprovalAnswer>;
  sessionRules?: readonly string[];
  rememberAlways?: (rule: string) => Promise<string>;
}

export interface Started {
  approver: Approver;
  questions: ApprovalQuestion[];
  written: string[];
  approve(name: keyof typeof tools, subject?: string | JsonObject, signal?: AbortSignal): Promise<Approval>;
}

const nobodyJudges: Judged = { verdict: "allow", by: "" };

export function start(setting: Setting): Started {
  const { folders } = setting;
  const questions: ApprovalQuestion[] = [];
  const written: string[] = [];
  const { answers, judge } = setting;
  const approver = createApprover({
    policy: policyOf(setting),
    judge: async () => (typeof judge === "function" ? judge() : (judge ?? nobodyJudges)),
    judgeAsk: async () => setting.judgeAsk ?? nobodyJudges,
    ask:
      answers &&
      (async (question, { signal }) => {
        questions.push(question);
        return answers(question, signal);
      }),
    sessionRules: () => setting.sessionRules ?? [],
    rememberAlways:
      setting.rememberAlways ??
      (async (rule) => {
        written.push(rule);
        return `local.json:${written.length}`;
      }),
  });
  return {
    approver,
    questions,
    written,
    approve(name, subject, signal = new AbortController().signal) {
      const chosen: Tool = tools[name];
      const input: JsonObject =
        typeof subject === "object"
          ? subject
          : chosen.subject === undefined || subject === undefined
            ? {}
            : { [chosen.subject.field]: subject };
      return approver.approve({ sessionId: "s", callId: "c", tool: name, input, cwd: folders.workspace }, chosen, { signal });
    },
  };
}

export function policyOf({ folders, allow = [], ask = [], deny = [], policy }: Setting): Policy {
  const lines = (behavior: Behavior, rules: readonly string[]) =>
    rules.map((rule, index) => ({ behavior, rule, source: `${behavior}.json:${index + 1}`, base: folders.workspace }));
  const { rules, problems } = parseRules([...lines("allow", allow), ...lines("ask", ask), ...lines("deny", deny)], toolList);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join("\n"));
  return {
    mode: "default",
    modeSource: "default",
    rules,
    workspace: folders.workspace,
    additionalDirs: [],
    outputDir: folders.outputDir,
    home: folders.home,
    configHome: join(folders.home, "settings/gantry"),
    stateHome: join(folders.home, "records/gantry"),
    hookScripts: [],
    approve: "prompt",
    ...policy,
  };
}
