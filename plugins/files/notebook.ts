/** A Jupyter notebook as its cells: source whole, outputs in short. */
import type { ToolContext, ToolOutput } from "gantry/plugin";
import * as z from "zod";

const mostOutputChars = 2000;
const mostTextBytes = 63 * 1024;

const text = z.union([z.string(), z.array(z.string())]).transform((value) => (Array.isArray(value) ? value.join("") : value));
const output = z.looseObject({
  output_type: z.string(),
  text: text.optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  ename: z.string().optional(),
  evalue: z.string().optional(),
});
const notebook = z.looseObject({
  cells: z.array(z.looseObject({ cell_type: z.string(), source: text, outputs: z.array(output).optional() })),
});

type Cell = z.infer<typeof notebook>["cells"][number];

/** Undefined when the file is no notebook; it is then read as text. */
export async function readNotebook(
  request: { file_path: string; offset?: number | undefined; limit?: number | undefined },
  ctx: ToolContext,
): Promise<ToolOutput | undefined> {
  const { path, sha256, bytes } = await ctx.fs.read(request.file_path);
  const parsed = notebook.safeParse(jsonOf(bytes));
  if (!parsed.success) return undefined;
  const { cells } = parsed.data;
  const offset = Math.max(request.offset ?? 1, 1);
  const wanted = cells.slice(offset - 1, offset - 1 + (request.limit ?? cells.length));
  const shown: string[] = [];
  let size = 0;
  for (const [index, cell] of wanted.entries()) {
    const next = showCell(cell, offset + index);
    size += Buffer.byteLength(next) + 2;
    if (size > mostTextBytes && shown.length > 0) break;
    shown.push(next.slice(0, mostTextBytes));
  }
  const last = offset + shown.length - 1;
  const more = last < cells.length ? `; go on with offset ${last + 1}` : "";
  const range = shown.length === 0 ? `no cell ${offset}` : `cells ${offset}–${last}`;
  return {
    content: [...shown, `(${range} of ${cells.length}${more})`].join("\n\n"),
    files: [{ path, sha256 }],
    data: { path, cells: cells.length, sizeBytes: bytes.length },
  };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function showCell({ cell_type, source, outputs = [] }: Cell, number: number): string {
  const shown = outputs.map((one) => `[output] ${shorten(showOutput(one))}`);
  return [`[cell ${number}: ${cell_type}]`, source, ...shown].join("\n");
}

function showOutput({ output_type, text: printed, data = {}, ename, evalue }: z.infer<typeof output>): string {
  if (output_type === "error") return `error ${ename ?? ""}: ${evalue ?? ""}`;
  if (printed !== undefined) return printed;
  const plain = text.safeParse(data["text/plain"]);
  const others = Object.keys(data).filter((type) => type !== "text/plain");
  const rest = others.length > 0 ? ` (also ${others.join(", ")}, not shown)` : "";
  return `${plain.success ? plain.data : output_type}${rest}`;
}

function shorten(value: string): string {
  if (value.length <= mostOutputChars) return value;
  return `${value.slice(0, mostOutputChars)} … [${value.length - mostOutputChars} more characters]`;
}
