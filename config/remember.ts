/** "Always allow": one rule more in this user's own file for the project. What the user wrote there, comments too, stays. */
import { applyEdits, findNodeAtLocation, modify, parseTree } from "jsonc-parser";
import { GantryError } from "../core/contract/errors.ts";
import { alone, readText, writeOwn } from "./files.ts";
import { parseJson } from "./json-text.ts";

const allow = ["permissions", "allow"];

/** Adds `rule` to permissions.allow of the local layer's `file`; where it stands then, as `file:line`. CONFIG_INVALID. */
export async function addAllowRule(file: string, rule: string, project: string): Promise<string> {
  return await alone(file, async () => await add(file, rule, project));
}

async function add(file: string, rule: string, project: string): Promise<string> {
  const before =
    (await readText(file)) ?? `// Yours alone, for ${JSON.stringify(project)}: "always" answers are kept here.\n{}\n`;
  const { faults } = parseJson(before);
  const [fault] = faults;
  if (fault !== undefined) {
    throw new GantryError(
      "CONFIG_INVALID",
      `${file}:${fault.line}:${fault.column}: ${fault.message}; the rule ${rule} is not kept`,
    );
  }
  if (lineOfRule(before, rule) === undefined) await writeOwn(file, withRule(before, rule));
  return `${file}:${lineOfRule((await readText(file)) ?? "", rule) ?? 1}`;
}

function withRule(text: string, rule: string): string {
  const formattingOptions = { tabSize: 2, insertSpaces: true, eol: "\n" };
  const root = parseTree(text);
  const list = root === undefined ? undefined : findNodeAtLocation(root, allow);
  const edits =
    list?.type === "array"
      ? modify(text, [...allow, list.children?.length ?? 0], rule, { formattingOptions, isArrayInsertion: true })
      : modify(text, allow, [rule], { formattingOptions });
  return applyEdits(text, edits);
}

function lineOfRule(text: string, rule: string): number | undefined {
  const root = parseTree(text);
  const list = root === undefined ? undefined : findNodeAtLocation(root, allow);
  const node = list?.children?.find(({ value }) => value === rule);
  return node === undefined ? undefined : text.slice(0, node.offset).split("\n").length;
}
