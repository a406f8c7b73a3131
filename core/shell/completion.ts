/** Completion scripts, made from the command table. They call nothing: every word is in the script. */
import type { CommandTable, TableCommand } from "./commands.ts";
import { flagsOf } from "./own-commands.ts";
import { sanitizeLine } from "./sanitize.ts";

export type CompletionShell = "bash" | "zsh" | "fish";

export function completionScript(shell: CompletionShell, table: CommandTable): string {
  if (shell === "fish") return fishScript(table);
  const script = bashScript(table);
  return shell === "bash" ? script : `#compdef gantry\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

/** Words that may follow `prefix`: the next words of longer ids. */
function nextWords(prefix: string, table: CommandTable): string[] {
  const start = prefix === "" ? "" : `${prefix} `;
  const next = table.commands
    .filter(({ id }) => id.startsWith(start))
    .map(({ id }) => id.slice(start.length).split(" ")[0] ?? "");
  return [...new Set(next)].filter((word) => word !== "");
}

function flagWords(command: TableCommand): string[] {
  return flagsOf(command).map(({ name }) => `--${name}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** In fish a backslash escapes within quotes too. One line: manifests are written by others. */
function quotedForFish(text: string): string {
  return `'${sanitizeLine(text).replace(/[\\']/g, "\\$&")}'`;
}

/** Both shells expand the words that they offer, `$(…)` too, when Tab is pressed: only words in which nothing is to expand. */
function offered(options: readonly string[] = []): string {
  return options.filter((word) => /^[\w@%+:,./=-]+$/.test(word)).join(" ");
}

function bashScript(table: CommandTable): string {
  const words = ["", ...table.topics].map(
    (topic) => `    ${quoted(topic)}) words=${quoted(nextWords(topic, table).join(" "))} ;;`,
  );
  const flags = table.commands.map((command) => `    ${quoted(command.id)}) words=${quoted(flagWords(command).join(" "))} ;;`);
  const values = table.commands.flatMap((command) => [
    ...flagsOf(command)
      .filter(({ options }) => options)
      .map(({ name, options }) => `    ${quoted(`${command.id} --${name}`)}) words=${quoted(offered(options))} ;;`),
    ...command.args
      .filter(({ options }, index) => options && index === 0)
      .map(({ options }) => `    ${quoted(command.id)}) words=${quoted(offered(options))} ;;`),
  ]);
  const longest = Math.max(...table.commands.map(({ id }) => id.split(" ").length));
  return `# bash completion for gantry
_gantry_completion() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" id="" words="" index
  for ((index = 1; index < COMP_CWORD && index <= ${longest}; index++)); do
    [[ "\${COMP_WORDS[index]}" == -* ]] && break
    case " ${[...table.commands.map(({ id }) => id), ...table.topics].map((id) => `:${id.replaceAll(" ", "_")}:`).join(" ")} " in
      *":\${id:+\${id// /_}_}\${COMP_WORDS[index]}:"*) id="\${id:+$id }\${COMP_WORDS[index]}" ;;
      *) break ;;
    esac
  done
  case "$id $previous" in
${values.filter((line) => line.includes(" --")).join("\n")}
  esac
  if [[ -z "$words" && "$current" == -* ]]; then case "$id" in
${flags.join("\n")}
  esac; fi
  if [[ -z "$words" ]]; then case "$id" in
${[...words, ...values.filter((line) => !line.includes(" --"))].join("\n")}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _gantry_completion gantry
`;
}

function fishScript(table: CommandTable): string {
  const lines = ["# fish completion for gantry", "complete -c gantry -f"];
  for (const prefix of ["", ...table.topics]) {
    const condition = prefix === "" ? "__fish_use_subcommand" : seen(prefix);
    for (const word of nextWords(prefix, table)) {
      const summary = table.find(prefix === "" ? word : `${prefix} ${word}`)?.summary ?? "";
      lines.push(`complete -c gantry -n ${quotedForFish(condition)} -a ${quotedForFish(word)} -d ${quotedForFish(summary)}`);
    }
  }
  for (const command of table.commands) {
    for (const flag of flagsOf(command)) {
      const value = flag.type === "boolean" ? "" : flag.options ? ` -x -a ${quotedForFish(offered(flag.options))}` : " -r";
      const char = flag.char ? ` -s ${flag.char}` : "";
      const place = `complete -c gantry -n ${quotedForFish(seen(command.id))}`;
      lines.push(`${place} -l ${flag.name}${char}${value} -d ${quotedForFish(flag.summary)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function seen(id: string): string {
  return id
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
}
