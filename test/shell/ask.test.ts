import { describe, expect, test } from "vitest";
import type { ApprovalQuestion } from "../../core/permission/approval.ts";
import { createAsker } from "../../core/shell/ask.ts";
import { createStyle } from "../../core/shell/style.ts";

const { signal } = new AbortController();

function asking(answers: string[], interactive = true) {
  let shown = "";
  const asker = createAsker({
    show: async (text) => {
      shown += text;
    },
    nextLine: async () => answers.shift(),
    style: createStyle(false),
    interactive,
  });
  return { asker, shown: () => shown };
}

function question(command: string, offerAlways: readonly string[] | undefined = ["Bash(npm test:*)"]): ApprovalQuestion {
  return {
    call: { sessionId: "s", callId: "c", tool: "Bash", input: { command, timeout: 5 }, cwd: "/w" },
    tool: {
      name: "Bash",
      plugin: "process",
      description: "",
      inputSchema: {},
      effect: "runs",
      subject: { kind: "command", field: "command" },
    },
    subject: command,
    reason: "no rule allows it",
    offerAlways,
  };
}

describe("an approval", () => {
  test.each([
    ["y", { choice: "once" }],
    ["Yes", { choice: "once" }],
    ["s", { choice: "session" }],
    ["always", { choice: "always" }],
    ["n too risky", { choice: "no", reason: "too risky" }],
  ] as const)("%s", async (typed, answer) => {
    expect(await asking([typed]).asker.approve(question("npm test"), { signal })).toEqual(answer);
  });

  test("shows the command, every other input, the folder, the reason, and the rule that always would write", async () => {
    const { asker, shown } = asking(["y"]);
    await asker.approve(question("npm test"), { signal });
    expect(shown()).toBe(
      "\n┌ Allow Bash? (plugin process)\n│ npm test\n│ timeout: 5\n│ in /w; asked because no rule allows it\n" +
        "└ y: once  s: this session  a: always, as Bash(npm test:*)  n [reason]: no  (y/s/a/N) ",
    );
  });

  test("a line of several parts names every rule that always would write", async () => {
    const { asker, shown } = asking(["a"]);
    const answer = await asker.approve(question("a && b > c", ["Bash(a)", "Bash(b)", "Edit(//w/c)"]), { signal });
    expect(answer).toEqual({ choice: "always" });
    expect(shown()).toContain("a: always, as Bash(a) and Bash(b) and Edit(//w/c)");
  });

  test("a plain no asks for a reason on a terminal, and only there", async () => {
    expect(await asking(["n", "use npm ci"]).asker.approve(question("x"), { signal })).toEqual({
      choice: "no",
      reason: "use npm ci",
    });
    expect(await asking(["n", "y"], false).asker.approve(question("x"), { signal })).toEqual({ choice: "no" });
  });

  test("what is no answer is asked again; an empty line is not a yes", async () => {
    expect(await asking(["", "maybe", "yes please", "y"]).asker.approve(question("x"), { signal })).toEqual({ choice: "once" });
    expect(await asking(["", "", "", "", ""]).asker.approve(question("x"), { signal })).toMatchObject({ choice: "no" });
  });

  test("always and session are no answers where no rule can be written", async () => {
    expect(await asking(["a", "s", "y"]).asker.approve({ ...question("x"), offerAlways: undefined }, { signal })).toEqual({
      choice: "once",
    });
  });

  test("when the answers have ended nobody is there", async () => {
    await expect(asking([]).asker.approve(question("x"), { signal })).rejects.toMatchObject({ code: "APPROVAL_UNAVAILABLE" });
  });

  test("nothing in a command can pass for a line of the question", async () => {
    const { asker, shown } = asking(["y"]);
    await asker.approve(question("true\n└ y: once (y/N) y\r┌ Allow Read?\u001b[2J\u001b[1;1Hfine"), { signal });
    const lines = shown().split("\n");
    expect(lines.filter((line) => line.startsWith("┌"))).toEqual(["┌ Allow Bash? (plugin process)"]);
    expect(lines.filter((line) => line.startsWith("└"))).toHaveLength(1);
    expect(shown()).not.toContain("\u001b");
  });

  test("a long command is cut in the middle and says so", async () => {
    const { asker, shown } = asking(["y"]);
    await asker.approve(question(Array.from({ length: 100 }, (_, line) => `echo ${line}`).join("\n")), { signal });
    expect(shown()).toContain("│ … 76 more lines …\n│ echo 96");
  });

  test("two questions are asked one after the other", async () => {
    const { asker, shown } = asking(["y", "n no"]);
    const both = [asker.approve(question("first"), { signal }), asker.approve(question("second"), { signal })];
    expect(await Promise.all(both)).toEqual([{ choice: "once" }, { choice: "no", reason: "no" }]);
    expect(shown().indexOf("(y/s/a/N)")).toBeLessThan(shown().indexOf("second"));
  });
});

describe("a question of the model", () => {
  const colour = { question: "Which colour?", options: [{ label: "red" }, { label: "blue", description: "calm" }] };

  test("takes a number, several where that is allowed, or an answer of one's own", async () => {
    expect(await asking(["2"]).asker.questions([colour], { signal })).toEqual([
      { question: "Which colour?", answers: ["blue"] },
    ]);
    expect(await asking(["1, 2"]).asker.questions([{ ...colour, multiSelect: true }], { signal })).toEqual([
      { question: "Which colour?", answers: ["red", "blue"] },
    ]);
    expect(await asking(["green"]).asker.questions([colour], { signal })).toEqual([
      { question: "Which colour?", answers: ["green"] },
    ]);
  });

  test("a number that is not there is asked again", async () => {
    expect(await asking(["7", "1,2", "", "1"]).asker.questions([colour], { signal })).toEqual([
      { question: "Which colour?", answers: ["red"] },
    ]);
  });

  test("without an answer it is USER_UNAVAILABLE", async () => {
    await expect(asking([]).asker.questions([colour], { signal })).rejects.toMatchObject({ code: "USER_UNAVAILABLE" });
  });
});
