/**
 * Patterns in which `*` is any text, `/` and spaces too, and `?` one letter. What restricts becomes rules that speak of at least as
 * much, what allows one that speaks of at most as much; undefined where no rule of Gantry can. Source: docs/permissions.
 */

type Aim = "restrict" | "allow";

/** Letters that mean themselves in a command rule, and the two wildcards. */
const plainCommand = /^[A-Za-z0-9_@%+=:,./^*? -]+$/;
/** Programs whose paths opencode looks at by themselves, to ask about those outside the project. */
const filePrograms = new Set(
  "cd pushd popd rm rmdir cp mv ln mkdir touch chmod chown cat ls head tail less more tee find tree grep rg sed awk tar zip unzip rsync install dd".split(
    " ",
  ),
);

export function commandRule(pattern: string, aim: Aim): string | undefined {
  if (!plainCommand.test(pattern) || /^\s| {2}|\s$/.test(pattern)) return undefined;
  const [program = ""] = pattern.split(" ");
  if (program.includes("=") || /^[*?]+$/.test(pattern)) return undefined;
  if (aim === "allow" && (/[*?]/.test(program.replace(/\*$/, "")) || program === "" || pattern.includes("?"))) return undefined;
  const stars = pattern.replaceAll("?", "*").replaceAll(/\*+/g, "*");
  // `:*` at the end is a mark of Gantry's own, in which the colon is no letter.
  if (/:\*/.test(stars)) return aim === "allow" ? undefined : `Bash(${stars.replaceAll(/:\*/g, "*")})`;
  return `Bash(${stars.replace(/ \*$/, ":*")})`;
}

/** Whether a yes to the command would be one to files outside the project, about which opencode asks. */
export function reachesFiles(pattern: string): boolean {
  const [program = ""] = pattern.split(" ");
  return program.includes("*") || (filePrograms.has(program.replace(/^.*\//, "")) && pattern.includes("*"));
}

const plainPath = /^[A-Za-z0-9_@%+=:,./^~*? -]+$/;
const mostRules = 16;

/** `tool` is Read or Edit. */
export function pathRules(pattern: string, { tool, aim }: { tool: "Read" | "Edit"; aim: Aim }): string[] | undefined {
  const text = pattern.replace(/^\$HOME(?=\/|$)/, "~").replace(/^\.\//, "");
  const anchored = anchorsOf(text);
  if (!plainPath.test(text) || text.trim() !== text || anchored === undefined) return undefined;
  const { anchors, body } = anchored;
  if (body.includes("~") || body.split("/").some((name) => name === "." || name === "..")) return undefined;
  if (aim === "allow") {
    const narrow = narrowed(body);
    return narrow === undefined ? undefined : [`${tool}(${anchors[0]}${narrow})`];
  }
  const bodies = widened(body);
  return bodies === undefined ? undefined : anchors.flatMap((anchor) => bodies.map((each) => `${tool}(${anchor}${each})`));
}

/** Where it begins, and the rest. A path is told to opencode from the project root, in some versions whole. */
function anchorsOf(text: string): { anchors: string[]; body: string } | undefined {
  if (text === "" || text.startsWith("$")) return undefined;
  if (text === "~" || text === "~/") return { anchors: ["~/"], body: "**" };
  if (text.startsWith("~/")) return { anchors: ["~/"], body: text.slice(2) };
  if (text.startsWith("~")) return undefined;
  if (text.startsWith("/")) return { anchors: ["//"], body: text.replace(/^\/+/, "") };
  return { anchors: /^[*?]/.test(text) ? ["./", "//"] : ["./"], body: text };
}

/** Gitignore lines that together match all that it matches. */
function widened(body: string): string[] | undefined {
  const stars = body.replaceAll("?", "*").replaceAll(/\*+/g, "*").replaceAll(/\/+/g, "/").replace(/\/$/, "/*");
  if (stars === "" || stars === "*") return ["**"];
  let lines = [""];
  for (const [at, part] of stars.split("*").entries()) {
    if (at > 0) lines = lines.flatMap((line) => starForms(line, part));
    else lines = [part];
    if (lines.length > mostRules) return undefined;
  }
  return [...new Set(lines)];
}

/** What stands before a star, what follows it; the star may span folders. */
function starForms(before: string, after: string): string[] {
  const opens = before === "" || before.endsWith("/");
  if (opens && (after === "" || after.startsWith("/"))) return [`${before}**${after}`];
  if (opens) return [`${before}**/*${after}`];
  return after === "" ? [`${before}*`] : [`${before}*${after}`, `${before}*/**/*${after.replace(/^\//, "")}`];
}

/** One gitignore line that matches nothing else. */
function narrowed(body: string): string | undefined {
  if (body.includes("?") || body.includes("//") || body.endsWith("/")) return undefined;
  const stars = body.replaceAll(/\*+/g, "*");
  if (stars === "*") return "**";
  const whole = stars.replace(/(^|\/)\*$/, "$1**");
  return whole.replace(/^\*(?=[^*/])/, "**/*");
}

/** The host of an address pattern that speaks of one host only. */
export function hostOf(pattern: string): string | undefined {
  return /^(?:https?|\*):\/\/([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?:[/*].*)?$/.exec(pattern)?.[1];
}
