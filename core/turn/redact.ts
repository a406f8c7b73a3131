/**
 * Keeps secrets out of tool results, and out of what hooks say, before the model or the log sees them: the shapes of
 * well-known credentials, and the values of the variables whose names say that they are secret, of the environment and of
 * the config's `env`.
 */
import type { Json, JsonObject, ResultContent } from "../contract/messages.ts";
import { namesSecret } from "../contract/secret-names.ts";

// Public shapes: GitHub, Anthropic and OpenAI, AWS, Google, Slack, Stripe, npm, GitLab, PEM private keys.
const knownShapes = [
  /gh[pousr]_[A-Za-z0-9]{36,}/,
  /github_pat_[A-Za-z0-9_]{60,}/,
  /sk-(?:ant-|proj-|live-)?[A-Za-z0-9_-]{32,}/,
  /(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /AIza[A-Za-z0-9_-]{35}/,
  /xox[abprs]-[A-Za-z0-9-]{20,}/,
  /(?:sk|rk)_live_[A-Za-z0-9]{24,}/,
  /npm_[A-Za-z0-9]{36}/,
  /glpat-[A-Za-z0-9_-]{20,}/,
  // From one line of dashes to the next, and no further: a text of beginnings alone must not cost its square.
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]*(?:-{1,4}[^-]+){0,50}-----END (?:[A-Z]+ )?PRIVATE KEY-----/,
];

const shortestSecret = 12;
/** Of a secret that a plugin has read: what is shorter stands in any text. */
const shortestRead = 6;

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export const redacted = "[redacted]";

export interface Redactor {
  text(text: string): string;
  /** Replaces secrets in the texts; images and texts without any are returned as they are. */
  content(content: ResultContent[]): ResultContent[];
  /** The same for a result's structured half, which goes to the log and to front ends. */
  data(data: JsonObject): JsonObject;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The config's `env` may change between turns, and plugins read secrets: the values there are now are the ones that count. */
export function createLiveRedactor(
  env: Variables,
  configEnv: () => Variables,
  read: () => readonly string[] = () => noValues,
): () => Redactor {
  let made: { of: Variables; read: readonly string[]; redactor: Redactor } | undefined;
  return () => {
    const [now, values] = [configEnv(), read()];
    if (made?.of !== now || made.read !== values)
      made = { of: now, read: values, redactor: createRedactor([env, now], values) };
    return made.redactor;
  };
}

const noValues: readonly string[] = Object.freeze([]);

/** `read`: values that plugins were given as secrets, whatever their names. */
export function createRedactor(variables: readonly Variables[], read: readonly string[] = noValues): Redactor {
  const named = variables
    .flatMap((env) => Object.entries(env))
    .filter(([name, value]) => namesSecret(name) && value !== undefined && value.length >= shortestSecret)
    .map(([, value]) => value as string);
  const values = [...named, ...read.filter((value) => value.length >= shortestRead)]
    .map(escapeForRegExp)
    // The longest first: a secret that begins like a shorter one must not leave its tail.
    .sort((a, b) => b.length - a.length);
  const pattern = new RegExp([...values, ...knownShapes.map((shape) => shape.source)].join("|"), "g");
  const redactText = (text: string): string => text.replace(pattern, redacted);
  const redactJson = (value: Json): Json => {
    if (typeof value === "string") return redactText(value);
    if (Array.isArray(value)) return value.map(redactJson);
    return typeof value === "object" && value !== null ? redactObject(value) : value;
  };
  const redactObject = (object: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(object).map(([key, value]) => [key, redactJson(value)]));
  return {
    text: redactText,
    content: (content) =>
      content.map((block) => {
        if (block.type !== "text") return block;
        const text = redactText(block.text);
        return text === block.text ? block : { type: "text", text };
      }),
    data: redactObject,
  };
}
