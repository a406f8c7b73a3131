/** `${VAR}` and `${VAR:-default}` in the texts of a server. What cannot be filled in is told by name, never passed on as it stands. */

export interface Expansion {
  text: string;
  /** What is missing or is no variable, one sentence each. */
  faults: string[];
}

/** `$${` stands for `${` itself. With `:-` an empty variable counts as unset. */
export function expand(text: string, variables: Readonly<Record<string, string | undefined>>): Expansion {
  const faults: string[] = [];
  const out = text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (whole, inside: string | undefined) => {
    if (inside === undefined) return "${";
    const [, name, standard] = whole.endsWith("}") ? (/^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(inside) ?? []) : [];
    if (name === undefined) {
      faults.push(`${whole.slice(0, 40)} is no variable (\${NAME} or \${NAME:-default}; $\${ stands for the letters \${)`);
      return "";
    }
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (standard !== undefined) return value === undefined || value === "" ? standard : value;
    if (value === undefined) faults.push(`the variable ${name} is not set, and has no default`);
    return value ?? "";
  });
  return { text: out, faults };
}

/** Names of the variables that a text takes. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/(\$\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}/g)].flatMap(([, , name]) => name ?? []);
}
