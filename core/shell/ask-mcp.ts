/**
 * Questions of MCP servers on the terminal. Who asks is said first, and that it is not Gantry; what the server wrote stands
 * behind a bar, cleaned. A form is asked field by field and shown whole before it is sent; /decline and /cancel end it anywhere.
 */
import { GantryError } from "../contract/errors.ts";
import type { ElicitAnswer } from "../contract/hooks.ts";
import type { Json, JsonObject } from "../contract/messages.ts";
import { readValue } from "../mcp/form-values.ts";
import type { FormField, FormQuestion, SampleQuestion, UrlQuestion } from "../mcp/questions.ts";
import { type AskerOptions, barred, mostTries } from "./ask-text.ts";
import { clipLine, sanitizeLine, sanitizeText } from "./sanitize.ts";
import type { Style } from "./style.ts";

/** What a whole form was ended with. */
class Ended extends Error {
  readonly action: "decline" | "cancel";
  constructor(action: "decline" | "cancel") {
    super(action);
    this.action = action;
  }
}

export async function askForm(
  { server, message, fields }: FormQuestion,
  options: AskerOptions,
  signal: AbortSignal,
): Promise<ElicitAnswer> {
  const { show, style } = options;
  const secrets = fields.filter(({ isSecret }) => isSecret).map(({ name }) => sanitizeLine(name));
  const warning =
    secrets.length === 0
      ? ""
      : `${style.red("│ It asks for what sounds like a secret")} (${secrets.join(", ")}). MCP forbids servers to ask for those this way.\n`;
  await show(`${head(server, "asks you for an answer", style)}${said(message, style)}${warning}`);
  const how = fields.length === 0 ? "" : "Enter takes what is in [ ]. ";
  await show(`${style.dim(`│ ${how}/decline says no to the server, /cancel gives no answer.`)}\n`);
  try {
    return { action: "accept", content: await fillIn(fields, options, signal) };
  } catch (error) {
    if (error instanceof Ended) return { action: error.action };
    throw error;
  }
}

/** Until the whole of it is what the user wants to send. */
async function fillIn(fields: readonly FormField[], options: AskerOptions, signal: AbortSignal): Promise<JsonObject> {
  const { show, style } = options;
  let content: JsonObject = {};
  for (let tries = 0; tries < mostTries; tries++) {
    for (const field of fields) {
      const before = content[field.name] ?? field.default;
      const value = await askField({ ...field, ...(before === undefined ? {} : { default: before }) }, options, signal);
      const { [field.name]: _before, ...others } = content;
      content = value === undefined ? others : { ...others, [field.name]: value };
    }
    await show(summary(content, style));
    const line = await answer(
      `${style.cyan("└")} Send it? ${style.bold("y")}: send  ${style.bold("e")}: edit  ${style.bold("n")}: decline  (y/e/N) `,
      options,
      signal,
    );
    if (/^y(?:es)?$/i.test(line)) return content;
    if (!/^e(?:dit)?$/i.test(line)) throw new Ended("decline");
  }
  throw new Ended("cancel");
}

async function askField(field: FormField, options: AskerOptions, signal: AbortSignal): Promise<Json | undefined> {
  const { show, style } = options;
  await show(fieldText(field, style));
  const usual = field.default === undefined ? "" : ` [${clipLine(valueText(field.default), 200)}]`;
  for (let tries = 0; tries < mostTries; tries++) {
    const line = await answer(`${style.cyan("└")} ${howTo(field)}${usual}: `, options, signal);
    if (line === "" || line === "/skip") {
      if (line === "" && field.default !== undefined) return field.default;
      if (!field.isRequired) return undefined;
      await show(style.yellow(`  ${sanitizeLine(field.name)} is required\n`));
      continue;
    }
    const read = readValue(field, line);
    if ("value" in read) return read.value;
    await show(style.yellow(`  ${sanitizeLine(field.name)} ${sanitizeLine(read.problem)}\n`));
  }
  throw new Ended("cancel");
}

export async function askUrl(
  { server, message, url, host }: UrlQuestion,
  options: AskerOptions,
  signal: AbortSignal,
): Promise<ElicitAnswer["action"]> {
  const { show, style } = options;
  const address = `${style.cyan("│")}\n${style.cyan("│")}   ${style.bold(sanitizeLine(host))}\n${style.cyan("│")}\n`;
  const whole = `${barred(url, style).join("\n")}\n`;
  await show(`${head(server, "wants an address opened in your browser", style)}${said(message, style)}${address}${whole}`);
  const line = await answer(
    `${style.cyan("└")} Open it? ${style.bold("y")}: open  ${style.bold("n")}: decline  ${style.bold("c")}: no answer  (y/N/c) `,
    options,
    signal,
    asAction,
  );
  if (/^y(?:es)?$/i.test(line)) return "accept";
  return /^c(?:ancel)?$|^\/cancel$/i.test(line) ? "cancel" : "decline";
}

const mostMessages = 12;
const mostShown = 2_000;

export async function askSample(
  { server, systemPrompt, messages, maxTokens, tokensLeft, model }: SampleQuestion,
  options: AskerOptions,
  signal: AbortSignal,
): Promise<"once" | "session" | "no"> {
  const { show, style } = options;
  const left = messages.length - mostMessages;
  const texts = [
    ...(systemPrompt === undefined ? [] : [`system: ${shortened(systemPrompt)}`]),
    ...messages.slice(0, mostMessages).map(({ role, text }) => `${role}: ${shortened(text)}`),
    ...(left > 0 ? [`… ${left} more messages …`] : []),
  ];
  const about = `up to ${maxTokens} tokens of ${model}, of ${tokensLeft} that it may still use in this session; nothing of your conversation is sent`;
  const body = [...texts.flatMap((text) => barred(text, style)), ...barred(about, style).map((line) => style.dim(line))];
  await show(`${head(server, "wants to ask your model", style)}${body.join("\n")}\n`);
  const line = await answer(
    `${style.yellow("└")} ${style.bold("y")}: once  ${style.bold("s")}: this session  ${style.bold("n")}: no  (y/s/N) `,
    options,
    signal,
    asAction,
  );
  if (/^y(?:es)?$/i.test(line)) return "once";
  return /^s(?:ession)?$/i.test(line) ? "session" : "no";
}

// ── Texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function head(server: string, what: string, style: Style): string {
  const who = style.bold(`The MCP server ${clipLine(server, 100)} ${what}.`);
  return `\n${style.cyan("┌")} ${who} ${style.dim("This is the server's question, not Gantry's.")}\n`;
}

function said(message: string, style: Style): string {
  return message.trim() === "" ? "" : `${barred(message.slice(0, 20_000), style).join("\n")}\n`;
}

function fieldText({ name, title, description, isRequired, kind }: FormField, style: Style): string {
  const shown =
    title === undefined || title === name
      ? clipLine(name, 200)
      : `${clipLine(title, 200)} ${style.dim(`(${clipLine(name, 200)})`)}`;
  const lines = [
    `${style.cyan("│")} ${style.bold(shown)}${isRequired ? "" : style.dim(" optional")}`,
    ...(description === undefined ? [] : barred(description.slice(0, 4_000), style)),
    ...(kind.type === "one" || kind.type === "many"
      ? kind.choices.map(({ value, title: words }, index) => {
          const own = words === value ? "" : style.dim(` ${clipLine(value, 100)}`);
          return `${style.cyan("│")}   ${index + 1}. ${clipLine(words, 200)}${own}`;
        })
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

function howTo({ kind, isRequired, default: usual }: FormField): string {
  const skip = isRequired || usual !== undefined ? "" : ", or Enter to leave it out";
  switch (kind.type) {
    case "text":
      return `${kind.format === undefined ? "a text" : textWords[kind.format]}${skip}`;
    case "number":
      return `${kind.isInteger ? "a whole number" : "a number"}${range(kind.min, kind.max)}${skip}`;
    case "flag":
      return `yes or no${skip}`;
    case "one":
      return `a number${skip}`;
    case "many":
      return `numbers, separated by commas, or none${skip}`;
  }
}

const textWords = { email: "an e-mail address", uri: "an address", date: "a date, 2026-11-23", "date-time": "a date and time" };

function range(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}

function summary(content: JsonObject, style: Style): string {
  const rows = Object.entries(content).map(
    ([name, value]) => `${style.cyan("│")} ${clipLine(name, 200)}: ${clipLine(valueText(value), 500)}`,
  );
  return rows.length === 0 ? "" : `${style.cyan("│")} ${style.dim("The server is sent:")}\n${rows.join("\n")}\n`;
}

function valueText(value: Json): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shortened(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)}… (${text.length} characters)`;
}

// ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A trimmed, clean line. USER_UNAVAILABLE when there are none. */
async function answer(
  prompt: string,
  { show, nextLine, interactive }: AskerOptions,
  signal: AbortSignal,
  read: (line: string) => string = orEnded,
): Promise<string> {
  await show(prompt);
  const line = await nextLine({ signal });
  if (line === undefined) throw new GantryError("USER_UNAVAILABLE", "stdin ended before the question was answered");
  if (!interactive) await show("\n");
  return read(sanitizeText(line).trim());
}

function orEnded(line: string): string {
  if (line === "/decline") throw new Ended("decline");
  if (line === "/cancel") throw new Ended("cancel");
  return line;
}

function asAction(line: string): string {
  return line;
}
