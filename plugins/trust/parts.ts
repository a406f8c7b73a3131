import type { CommandOutput, Host } from "gantry/plugin";

type Trust = Awaited<ReturnType<Host["config"]["trust"]>>;

/** A trust status as a command prints it, below a first line. */
export function trustOutput(first: string, { project, state, parts }: Trust): CommandOutput {
  const lines = parts.map(({ what, source }) => `  ${what}  (${source})`);
  return { data: { project, state, parts: parts.map((part) => ({ ...part })) }, text: [first, ...lines].join("\n") };
}
