/** A path as the kernel walks it, so that what it leads to is told with every link on the way. */
import { lstatSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Walked {
  /** In the order met; `text` is what the link says. */
  links: { path: string; text: string }[];
  /** Without any link in it. Undefined: nothing is there, or it cannot be told. */
  real: string | undefined;
}

/** As many as the kernel follows. */
const mostLinks = 40;

/** `from` is real and absolute; `rest` is below it or, with `..`, beside it. Looks at once, as files.ts does for names. */
export function walkPath(from: string, rest: string): Walked {
  const links: Walked["links"] = [];
  const pending = namesOf(rest);
  let at = rest.startsWith("/") ? "/" : from;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = name === ".." ? dirname(at) : join(at, name);
    const text = name === ".." ? undefined : linkText(next);
    if (text === null || links.length > mostLinks) return { links, real: undefined };
    if (text === undefined) at = next;
    else {
      links.push({ path: next, text });
      if (text.startsWith("/")) at = "/";
      pending.unshift(...namesOf(text));
    }
  }
  return { links, real: at };
}

const namesOf = (path: string): string[] => path.split("/").filter((name) => name !== "" && name !== ".");

/** Undefined: no link. Null: not there, or not to be looked at. */
function linkText(path: string): string | undefined | null {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    return stats.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return null;
  }
}
