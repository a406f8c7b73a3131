import { defineTool, type FileLines, type ToolContext, type ToolOutput } from "gantry/plugin";
import * as z from "zod";
import { encodingOf, kindOf } from "./file-kinds.ts";
import { readNotebook } from "./notebook.ts";
import { mostLines, showLines } from "./shown-lines.ts";

const mostBytes = 64 * 1024;
const mostImageBytes = 5 * 1024 * 1024;

const input = () =>
  z.strictObject({
    file_path: z.string().min(1).describe("The file to read: an absolute path, or one relative to the working folder."),
    offset: z
      .int()
      .min(0)
      .optional()
      .describe("The line to start at, counted from 1 (in a notebook: the cell). Default: the first."),
    limit: z
      .int()
      .min(1)
      .optional()
      .describe("How many lines (in a notebook: cells) to read. At most 2000, which is the default."),
  });

type ReadInput = z.infer<ReturnType<typeof input>>;

export const readTool = defineTool({
  name: "Read",
  description: [
    "Reads a file. Text comes back as numbered lines: the number, a tab, then the line exactly as it is in the file.",
    "At most 2000 lines or 64 KiB come back at once; the end of the result says how to go on with offset. Lines longer than",
    "2000 characters are cut. PNG, JPEG, GIF and WebP images are shown as images, Jupyter notebooks (.ipynb) as cells with",
    "their outputs. Folders cannot be read: use Glob. Several files can be read in one answer with several calls.",
  ].join(" "),
  input,
  effect: "reads",
  subject: { kind: "path", field: "file_path" },
  async execute(request, ctx): Promise<ToolOutput> {
    if (request.file_path.endsWith(".ipynb")) {
      const notebook = await readNotebook(request, ctx);
      if (notebook !== undefined) return notebook;
    }
    const offset = Math.max(request.offset ?? 1, 1);
    const limit = Math.min(request.limit ?? mostLines, mostLines);
    const found = await ctx.fs.readLines(request.file_path, { offset, limit, maxBytes: mostBytes });
    return found.isBinary ? readBinary(request, found, ctx) : readText(found, offset);
  },
});

function readText(found: FileLines, offset: number, remarks: string[] = []): ToolOutput {
  const { path, sha256, totalLines, sizeBytes } = found;
  const files = [{ path, sha256 }];
  if (totalLines === 0) return { content: "(the file exists and is empty)", files, data: { path, totalLines, sizeBytes } };
  if (found.lines.length === 0) {
    const content = `(offset ${offset} is past the end: ${path} has ${totalLines} ${totalLines === 1 ? "line" : "lines"})`;
    return { content, data: { path, totalLines, sizeBytes } };
  }
  const { text, remark, firstLine, lastLine } = showLines({ lines: found.lines, offset, totalLines, remarks });
  return {
    content: [text, remark].filter((part) => part !== "").map((part) => ({ type: "text", text: part })),
    files,
    data: { path, totalLines, firstLine, lastLine, sizeBytes },
  };
}

async function readBinary(request: ReadInput, found: FileLines, ctx: ToolContext): Promise<ToolOutput> {
  const { path, sha256, sizeBytes, head = new Uint8Array() } = found;
  const kind = kindOf(head);
  if (kind?.imageType !== undefined && sizeBytes <= mostImageBytes) {
    const image = await ctx.fs.read(request.file_path, { maxBytes: mostImageBytes });
    const data = Buffer.from(image.bytes.buffer, image.bytes.byteOffset, image.bytes.byteLength).toString("base64");
    return {
      content: [{ type: "image", mediaType: kind.imageType, data }],
      files: [{ path: image.path, sha256: image.sha256 }],
      data: { path, sizeBytes, mediaType: kind.imageType },
    };
  }
  const encoding = kind === undefined ? encodingOf(head) : undefined;
  if (encoding !== undefined) return readEncoded(request, encoding, ctx);
  const size = kind?.imageType === undefined ? "" : `; images of at most ${mostImageBytes} bytes can be shown`;
  const content = `${path} is binary: ${kind?.name ?? "no known kind of file"}, ${sizeBytes} bytes${size}. Its content is not shown.`;
  return { content, files: [{ path, sha256 }], data: { path, sizeBytes, binary: true } };
}

async function readEncoded(
  request: ReadInput,
  encoding: NonNullable<ReturnType<typeof encodingOf>>,
  ctx: ToolContext,
): Promise<ToolOutput> {
  const { path, sha256, bytes } = await ctx.fs.read(request.file_path);
  const text = new TextDecoder(encoding).decode(bytes);
  const offset = Math.max(request.offset ?? 1, 1);
  const limit = Math.min(request.limit ?? mostLines, mostLines);
  const all = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const name = encoding === "windows-1252" ? "not UTF-8, shown as Windows-1252" : encoding.toUpperCase();
  const lines = all.slice(offset - 1, offset - 1 + limit);
  const window = { path, sha256, lines, totalLines: all.length, sizeBytes: bytes.length, isBinary: false, cut: false };
  return readText(window, offset, [`the text is ${name}; Edit changes only UTF-8 files`]);
}
