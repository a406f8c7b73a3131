/**
 * Questions to the person: approvals, questions of the model, trust. One at a time. What a model wrote is shown line by line
 * behind a bar, cleaned, so that nothing in it can look like a question of ours.
 */
import { GantryError } from "../contract/errors.ts";
import type { TrustStatus } from "../contract/host.ts";
import type { UserAnswer, UserQuestion } from "../contract/plugin.ts";
import type { McpAsker } from "../mcp/questions.ts";
import type { ApprovalAnswer, ApprovalQuestion } from "../permission/approval.ts";
import { mcpApprovalText } from "./ask-mcp-approval.ts";
import { type AskerOptions, barred, mostTries, valueText } from "./ask-text.ts";
import { sanitizeLine, sanitizeText } from "./sanitize.ts";
import type { Style } from "./style.ts";

export interface Asker {
  /** APPROVAL_UNAVAILABLE when the answers have ended. */
  approve(question: ApprovalQuestion, options: { signal: AbortSignal }): Promise<ApprovalAnswer>;
  /** USER_UNAVAILABLE when the answers have ended. */
  questions(questions: readonly UserQuestion[], options: { signal: AbortSignal }): Promise<UserAnswer[]>;
  trust(status: TrustStatus, options: { signal: AbortSignal }): Promise<boolean>;
  /** About a plugin of this run alone. */
  consent(plan: { name: string; text: string }, options: { signal: AbortSignal }): Promise<boolean>;
  /** What MCP servers ask. */
  mcp: McpAsker;
}

const forServers = () => import("./ask-mcp.ts");

export function createAsker(options: AskerOptions): Asker {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    const alone = async (): Promise<T> => {
      // Of one that was taken back while others were asked nothing is shown.
      signal?.throwIfAborted();
      const release = options.hold?.();
      try {
        return await act();
      } finally {
        release?.();
      }
    };
    const next = last.then(alone, alone);
    last = next.catch(() => undefined);
    return next;
  };
  return {
    approve: (question, { signal }) => inTurn(() => askApproval(question, options, signal), signal),
    questions: (questions, { signal }) => inTurn(() => askQuestions(questions, options, signal), signal),
    trust: (status, { signal }) => inTurn(() => askTrust(status, options, signal), signal),
    consent: (plan, { signal }) => inTurn(() => askConsent(plan, options, signal), signal),
    mcp: {
      form: (question, { signal }) => inTurn(async () => await (await forServers()).askForm(question, options, signal), signal),
      url: (question, { signal }) => inTurn(async () => await (await forServers()).askUrl(question, options, signal), signal),
      sample: (question, { signal }) =>
        inTurn(async () => await (await forServers()).askSample(question, options, signal), signal),
      tell: (text) => inTurn(async () => await options.show(`${barred(text, options.style).join("\n")}\n`)),
    },
  };
}

async function askApproval(question: ApprovalQuestion, options: AskerOptions, signal: AbortSignal): Promise<ApprovalAnswer> {
  const { style, show } = options;
  await show(approvalText(question, style));
  for (let tries = 0; tries < mostTries; tries++) {
    await show(choiceLine(question, style));
    const line = await options.nextLine({ signal });
    if (line === undefined) throw new GantryError("APPROVAL_UNAVAILABLE", "stdin ended before this call was answered");
    if (!options.interactive) await show("\n");
    const answer = readApproval(line, question);
    if (answer === undefined) continue;
    if (answer.choice !== "no" || answer.reason !== undefined || !options.interactive) return answer;
    return await askReason(options, signal);
  }
  return { choice: "no", reason: `no answer could be read in ${mostTries} tries` };
}

/** y, s, a, n, or the words; `n why` gives a reason. Undefined: not an answer. */
function readApproval(line: string, question: ApprovalQuestion): ApprovalAnswer | undefined {
  const [, word = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(line.trim()) ?? [];
  const choice = word.toLowerCase().replace(/[:,.]$/, "");
  if (choice === "n" || choice === "no") return rest === "" ? { choice: "no" } : { choice: "no", reason: sanitizeText(rest) };
  if (rest !== "") return undefined;
  if (choice === "y" || choice === "yes") return { choice: "once" };
  if (question.offerAlways === undefined) return undefined;
  if (choice === "s" || choice === "session") return { choice: "session" };
  if (choice === "a" || choice === "always") return { choice: "always" };
  return undefined;
}

async function askReason({ show, nextLine, style }: AskerOptions, signal: AbortSignal): Promise<ApprovalAnswer> {
  await show(style.dim("  Reason for the model, or Enter: "));
  const reason = sanitizeText((await nextLine({ signal })) ?? "").trim();
  return reason === "" ? { choice: "no" } : { choice: "no", reason };
}

/** The question without its choices. */
export function approvalText(question: ApprovalQuestion, style: Style): string {
  const { call, tool, subject, reason } = question;
  if (tool.mcp !== undefined) return mcpApprovalText(question, tool.mcp, style);
  const origin = tool.plugin === "" ? "" : style.dim(` (plugin ${sanitizeLine(tool.plugin)})`);
  const head = `\n${style.yellow("┌")} ${style.bold(`Allow ${sanitizeLine(call.tool)}?`)}${origin}\n`;
  const others = Object.entries(call.input).filter(([field]) => field !== tool.subject?.field);
  const body = [
    ...barred(subject, style),
    ...others.flatMap(([field, value]) => barred(`${sanitizeLine(field)}: ${valueText(value)}`, style)),
    ...barred(`in ${sanitizeLine(call.cwd)}; asked because ${sanitizeLine(reason)}`, style).map((line) => style.dim(line)),
  ];
  return `${head}${body.join("\n")}\n`;
}

function choiceLine({ offerAlways, tool }: ApprovalQuestion, style: Style): string {
  const whatever = tool.mcp === undefined ? "" : ", whatever it is given";
  const lasting =
    offerAlways === undefined
      ? ""
      : `  ${style.bold("s")}: this session  ${style.bold("a")}: always, as ${offerAlways.map(sanitizeLine).join(" and ")}${whatever}`;
  const letters = offerAlways === undefined ? "y/N" : "y/s/a/N";
  return `${style.yellow("└")} ${style.bold("y")}: once${lasting}  ${style.bold("n")} [reason]: no  (${letters}) `;
}

async function askQuestions(
  questions: readonly UserQuestion[],
  options: AskerOptions,
  signal: AbortSignal,
): Promise<UserAnswer[]> {
  const answers: UserAnswer[] = [];
  for (const question of questions)
    answers.push({ question: question.question, answers: await askOne(question, options, signal) });
  return answers;
}

async function askOne(question: UserQuestion, options: AskerOptions, signal: AbortSignal): Promise<string[]> {
  const { style, show } = options;
  const title = question.header === undefined ? "" : `${style.dim(sanitizeLine(question.header))} `;
  const choices = question.options.map(
    ({ label, description }, index) =>
      `${style.cyan("│")} ${index + 1}. ${sanitizeLine(label)}${description ? style.dim(` ${sanitizeLine(description)}`) : ""}`,
  );
  const how = question.multiSelect
    ? "numbers, separated by commas, or an answer of your own"
    : "a number, or an answer of your own";
  const asked = sanitizeText(question.question)
    .split("\n")
    .join(`\n${style.cyan("│")} `);
  await show(`\n${style.cyan("┌")} ${title}${style.bold(asked)}\n${choices.join("\n")}${choices.length > 0 ? "\n" : ""}`);
  for (let tries = 0; tries < mostTries; tries++) {
    await show(`${style.cyan("└")} ${how}: `);
    const line = await options.nextLine({ signal });
    if (line === undefined) throw new GantryError("USER_UNAVAILABLE", "stdin ended before the question was answered");
    if (!options.interactive) await show("\n");
    const chosen = readChoice(sanitizeText(line).trim(), question);
    if (chosen) return chosen;
  }
  throw new GantryError("USER_UNAVAILABLE", `no answer could be read in ${mostTries} tries`);
}

function readChoice(text: string, { options, multiSelect }: UserQuestion): string[] | undefined {
  if (text === "") return undefined;
  if (!/^\d+(?:\s*,\s*\d+)*$/.test(text)) return [text];
  const labels = text.split(",").map((number) => options[Number(number) - 1]?.label);
  if (labels.some((label) => label === undefined) || (labels.length > 1 && !multiSelect)) return undefined;
  return labels.filter((label) => label !== undefined);
}

async function askTrust(status: TrustStatus, options: AskerOptions, signal: AbortSignal): Promise<boolean> {
  const { style, show } = options;
  const what =
    status.state === "changed" ? "has changed since you trusted it. It now has:" : "has parts of its own that it wants used:";
  const parts = status.parts.flatMap((part) => barred(`${part.what} (${part.source})`, style));
  await show(
    `\n${style.yellow("┌")} ${style.bold(`The project ${sanitizeLine(status.project)} ${what}`)}\n${parts.join("\n")}\n`,
  );
  await show(`${style.yellow("└")} Trust it? (y/N): `);
  const line = await options.nextLine({ signal });
  return /^\s*y(?:es)?\s*$/i.test(line ?? "");
}

async function askConsent(
  { name, text }: { name: string; text: string },
  { style, show, nextLine }: AskerOptions,
  signal: AbortSignal,
): Promise<boolean> {
  await show(`\n${sanitizeText(text)}\n\n`);
  await show(`${style.yellow("└")} Use ${sanitizeLine(name)} in this run, with what it asks for? (y/N): `);
  return /^\s*y(?:es)?\s*$/i.test((await nextLine({ signal })) ?? "");
}
