/** `${VAR}` and `${VAR:-default}` in the texts of a server. What cannot be filled in is told by name, never passed on as it stands. */

import { namesSecret } from "../core/contract/secret-names.ts";

export interface Expansion {
  text: string;
  /** Values of variables in it that may be secret. */
  secrets: string[];
  /** What is missing or is no variable, one sentence each. */
  faults: string[];
}

/** `$${` stands for `${` itself. With `:-` an empty variable counts as unset. */
export function expand(text: string, variables: Readonly<Record<string, string | undefined>>): Expansion {
  const faults: string[] = [];
  const secrets: string[] = [];
  const out = text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (whole, inside: string | undefined) => {
    if (inside === undefined) return "${";
    const [, name, standard] = whole.endsWith("}") ? (/^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(inside) ?? []) : [];
    if (name === undefined) {
      faults.push(`${whole.slice(0, 40)} is no variable (\${NAME} or \${NAME:-default}; $\${ stands for the letters \${)`);
      return "";
    }
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value !== undefined && mayBeSecret(name, value)) secrets.push(value);
    if (standard !== undefined) return value === undefined || value === "" ? standard : value;
    if (value === undefined) faults.push(`the variable ${name} is not set, and has no default`);
    return value ?? "";
  });
  return { text: out, secrets, faults };
}

const plainName =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TERM|TZ|TMPDIR|PWD|HOSTNAME|NODE_ENV|XDG_\w+|(?:GANTRY|CLAUDE)_PROJECT_DIR)$/;
const shortest = 6;

/** Who takes a value from a variable often does so because it is secret, whatever the variable's name. */
function mayBeSecret(name: string, value: string): boolean {
  if (plainName.test(name) || value.length < shortest || /^(?:true|false|null|[\d.,:_-]*)$/i.test(value)) return false;
  if (namesSecret(name) || /PASS|PWD|PAT$|SECRET|TOKEN|DSN/i.test(name)) return true;
  const isPath = /^(?:~|\.{0,2})(?:\/[\w.@+-]*)+(?::|$)/.test(value);
  const isWord = /^[a-z]{1,12}(?:-[a-z]{1,12}){0,3}(?:-\d{1,2})?$/i.test(value);
  const isHost = /^[a-z\d-]{1,24}(?:\.[a-z\d-]{1,24}){1,5}(?::\d{1,5})?$/i.test(value);
  // Of a URL what is secret in it is found by itself.
  return !(isPath || isWord || isHost || /^[a-z][a-z\d+.-]*:\/\//i.test(value));
}

/** Names of the variables that a text takes. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/(\$\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}/g)].flatMap(([, , name]) => name ?? []);
}
