/** Rules that parse and would sleep are errors with the form that works; those beside them that work stay sound. */
import { expect, test } from "vitest";
import type { JsonObject } from "../../core/contract/messages.ts";
import { type Behavior, parseRules } from "../../core/permission/rules/rules.ts";
import { toolList } from "./start.ts";

const text: JsonObject = { type: "string" };
const properties = { command: text, timeout: { type: "integer" }, run_in_background: { type: "boolean" } };
const tools = toolList.map((tool) =>
  tool.name === "Bash" ? { ...tool, inputSchema: { type: "object", properties } satisfies JsonObject } : tool,
);

const wrongIn = (behavior: Behavior, rule: string): string | undefined =>
  parseRules([{ behavior, rule, source: "x.json:1", base: "/p" }], tools).problems.find(
    ({ severity }) => severity !== "warning",
  )?.message;

test.each([
  ['Bash("rm":*)', "without quotes: Bash(rm:*)"],
  ["Bash('rm' x)", "without quotes: Bash(rm x)"],
  ["Bash(git 'push':*)", "without quotes: Bash(git push:*)"],
  ["Bash(rm  -rf:*)", "one space between them; write Bash(rm -rf:*)"],
  ["Bash(run_in_backgroud:true)", "Did you mean Bash(run_in_background:true)?"],
  ["Bash(cd x && rm y)", "none holds &&; write one rule for each: Bash(cd x) and Bash(rm y)"],
  ["Bash(curl * | sh)", "none holds |; write one rule for each: Bash(curl:*) and Bash(sh:*)"],
  ["Bash(a; b c &)", "write one rule for each: Bash(a:*) and Bash(b c)"],
  ["Bash(npm test:* > out.txt)", "ruled by itself; write Bash(npm test:*) and Edit(./out.txt)"],
  ["Bash(npm test 2>&1)", "a redirection is no part of a command"],
  ["Bash(git:*)(x)", "a rule has one ( ), and another follows; write Bash(git:*)"],
  ["B\u0430sh(rm:*)", "the letter \u0430 in it is U+0430, which is not ASCII. Did you mean Bash?"],
  ["WebFetch(url:http://x)", "write WebFetch(domain:x)"],
])("deny %s", (rule, says) => {
  expect(wrongIn("deny", rule)).toContain(says);
  expect(wrongIn("ask", rule)).toContain(says);
});

test.each([
  ["Bash(sudo:*)", "no prefix rule covers sudo: sudo runs whatever its arguments say; write the exact line"],
  ["Bash(sudo apt *)", "no prefix rule covers sudo apt: "],
  ["Bash(env:*)", "no prefix rule covers env"],
  ["Bash(timeout 60 npm test:*)", "what it starts is ruled by itself: write Bash(npm test:*)"],
  ["Bash(sh -c:*)", "no prefix rule covers sh -c"],
  ["Bash(/bin/bash:*)", "no prefix rule covers /bin/bash"],
  ["Bash(eval *)", "no prefix rule covers eval"],
  ["Bash(npm exec:*)", "no prefix rule covers npm exec"],
  ["Bash(docker run:*)", "no prefix rule covers docker run"],
  ["Bash(git config:*)", "no prefix rule covers git config: git config may start programs"],
  ["Bash(git -c *)", "no prefix rule covers git -c"],
  ["Bash(wget:*)", "no prefix rule covers wget"],
  ["Bash(vim *)", "no prefix rule covers vim"],
  ["Bash(find . -delete:*)", "no prefix rule covers find . -delete"],
  ["Bash(npm test:* && git push:*)", "write one rule for each: Bash(npm test:*) and Bash(git push:*)"],
  ["Bash(npm test:* > out.txt)", "write Bash(npm test:*) and Edit(./out.txt)"],
  ["Bash(npm test > /tmp/o)", "write Bash(npm test) and Edit(//tmp/o)"],
  ["Bash(wc < a.txt)", "write Bash(wc) and Read(./a.txt)"],
  ["Bash($X a)", "the name $X is known only when the line runs"],
  ["Bash(PATH=x npm test)", "one that sets PATH, which changes what programs do, is asked each time; write Bash(npm test)"],
  ["Bash(FOO=x npm test:*)", "no prefix rule covers a line that sets FOO"],
])("allow %s", (rule, says) => expect(wrongIn("allow", rule)).toContain(says));

test.each([
  ...["Bash(sudo apt update)", "Bash(env X=1 npm test)", "Bash(a && b)", "Bash(npm test 2>&1)", "Bash(docker run x)"],
  ...[
    "Bash(git:*)",
    "Bash(npm:*)",
    "Bash(npm ex*)",
    "Bash(docker compose:*)",
    "Bash(git log -n:*)",
    "Bash(find:*)",
    "Bash(* --version)",
  ],
  ...[
    "Bash(FOO=x npm test)",
    "Bash(NODE_ENV=test npm test:*)",
    'Bash(echo "a && b":*)',
    "Bash(echo $(a | b))",
    "Bash(grep a\\|b:*)",
  ],
  ...["Bash(npm  test)", 'Bash("npm" test)', "Bash(node:*)", "Bash(sed -n:*)", "Bash(time:x)"],
])("allow %s is sound", (rule) => expect(wrongIn("allow", rule)).toBeUndefined());

test.each([
  "Bash(sudo:*)",
  "Bash(wget:*)",
  "Bash(echo 'a  b')",
  "Bash(echo '>')",
  "Bash(PATH=*)",
  "Bash($X:*)",
  'Bash(git commit -m "a b":*)',
])("deny %s is sound", (rule) => expect(wrongIn("deny", rule)).toBeUndefined());
