import { readFile } from "node:fs/promises";
import ts from "typescript";

/** The rows of EventData as its source has them: name, type in one line, and what the comments say. */
export async function describeEvents(file: string): Promise<string[][]> {
  const source = ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest, true);
  const data = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === "EventData");
  if (data === undefined || !ts.isInterfaceDeclaration(data)) throw new Error(`${file} has no interface EventData`);
  return data.members.filter(ts.isPropertySignature).map((member) => {
    const name = member.name.getText().replaceAll('"', "");
    return [`\`${name}\``, `\`${oneLine(member.type?.getText() ?? "")}\``, commentsOf(member)];
  });
}

function oneLine(text: string): string {
  return text
    .replace(/\/\*\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .trim();
}

// Of the row, and of its fields, as `field: comment`.
function commentsOf(member: ts.PropertySignature): string {
  const fields = member.type && ts.isTypeLiteralNode(member.type) ? member.type.members : [];
  const texts = [
    comment(member),
    ...fields.map((field) => (comment(field) ? `\`${field.name?.getText()}\`: ${comment(field)}` : "")),
  ];
  return texts.filter((text) => text !== "").join(" ");
}

function comment(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "")
    .join(" ")
    .replace(/\s+/g, " ");
}
