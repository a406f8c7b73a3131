/** Paths as texts: a guest has no file system of its own, and a judge is asked about what was written. */

/** Absolute, without `.`, `..` and doubled `/`. */
export function absolute(path: string, cwd: string): string {
  const whole = path.startsWith("/") ? path : `${cwd}/${path}`;
  const parts: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Relative to the workspace; undefined for what is outside. */
export function inWorkspace(path: string, workspace: string): string | undefined {
  return path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : undefined;
}
