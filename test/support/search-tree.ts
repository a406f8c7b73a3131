/** The files that searches are tried on. */
import type { Bench } from "./tool-bench.ts";

const tree = {
  ".gitignore": "*.gen.ts\nnode_modules\n",
  ".env": "TOKEN=secret foo",
  ".github/ci.yml": "run: foo\n",
  ".git/config": "foo\n",
  "a.ts": "one\nfoo();\ntwo\nthree\nFOO = 1\nfour\nfive\nsix\nfoo again\n",
  "b.gen.ts": "foo\n",
  "b/c.ts": "import foo from 'x';\n",
  "b/d.py": "foo = 1\nbar = foo\n",
  "b.md": "# foo\n",
  "crlf.txt": "foo;\r\nbar\r\n",
  "binary.bin": Buffer.from("foo\0bar"),
  "node_modules/m/index.js": "foo\n",
  "unicode.txt": "grüße\n日本語\n",
  "multi.txt": "start {\n  inner\n}\nstart { }\n",
};

export async function fillSearchTree(bench: Bench): Promise<void> {
  for (const [path, content] of Object.entries(tree)) await bench.put(path, content);
}
