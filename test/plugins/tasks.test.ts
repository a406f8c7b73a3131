import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GantryError } from "../../core/contract/errors.ts";
import type { UserAnswer, UserQuestion } from "../../core/contract/plugin.ts";
import tasks from "../../plugins/tasks/index.ts";
import { type Bench, createBench } from "../support/tool-bench.ts";

let bench: Bench;
let asked: (readonly UserQuestion[])[];
let answer: () => Promise<UserAnswer[]>;
beforeEach(async () => {
  asked = [];
  answer = async () => [];
  const ask = async (questions: readonly UserQuestion[]) => {
    asked.push(questions);
    return answer();
  };
  bench = await createBench({ plugin: tasks, ask });
});
afterEach(() => bench.close());

describe("TodoWrite", () => {
  const todo = (content: string, status: string) => ({ content, activeForm: `${content}ing`, status });

  test("records the list and shows it", async () => {
    const todos = [todo("Look", "completed"), todo("Mend", "in_progress"), todo("Check", "pending")];
    expect(await bench.call("TodoWrite", { todos })).toMatchObject({
      isError: false,
      text: "The list is recorded: 1 of 3 done.\n[x] Look\n[>] Mending\n[ ] Check",
      data: { todos },
    });
  });

  test("refuses two in progress, an empty list, an empty text and an unknown status", async () => {
    const lists = [[todo("A", "in_progress"), todo("B", "in_progress")], [], [todo(" ", "pending")], [todo("A", "done")]];
    for (const todos of lists) expect((await bench.call("TodoWrite", { todos })).code).toBe("TOOL_INPUT_INVALID");
  });
});

describe("AskUserQuestion", () => {
  const options = [
    { label: "A", description: "the first" },
    { label: "B", description: "the second" },
  ];
  const question = { question: "Which?", header: "Choice", options };

  test("asks and hands the answers to the model", async () => {
    answer = async () => [{ question: "Which?", answers: ["A", "my own"] }];
    const result = await bench.call("AskUserQuestion", { questions: [{ ...question, multiSelect: true }] });
    expect(asked).toEqual([[{ ...question, multiSelect: true }]]);
    expect(result).toMatchObject({
      isError: false,
      text: "Which?\n→ A; my own",
      data: { answers: [{ question: "Which?", answers: ["A", "my own"] }] },
    });
  });

  test("tells the model to decide by itself when nobody is there", async () => {
    answer = async () => {
      throw new GantryError("USER_UNAVAILABLE", "nobody");
    };
    expect(await bench.call("AskUserQuestion", { questions: [question] })).toMatchObject({
      isError: true,
      code: "USER_UNAVAILABLE",
      text: expect.stringContaining("Decide yourself"),
    });
  });

  test("takes one to four questions of two to six different choices", async () => {
    const many = Array.from({ length: 7 }, (_, index) => ({ label: `${index}`, description: "" }));
    const wrong = [
      [],
      Array.from({ length: 5 }, (_, index) => ({ ...question, question: `${index}?` })),
      [question, question],
      [{ ...question, options: options.slice(1) }],
      [{ ...question, options: many }],
      [{ ...question, options: [options[0], options[0]] }],
    ];
    for (const questions of wrong) {
      expect((await bench.call("AskUserQuestion", { questions: questions as never })).code).toBe("TOOL_INPUT_INVALID");
    }
    expect(asked).toEqual([]);
  });
});
