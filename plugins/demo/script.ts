/** What the demo's model says. It checks what it is shown before each answer, as a real one would have to. */

export const prompt = "A test in this package fails. Find the reason, fix it, and show me that the suite passes.";

export const script = {
  steps: [
    {
      say: "I'll run the suite first, to see what fails.",
      call: { name: "Bash", input: { command: "node --test", description: "Run the test suite" } },
      chunks: 4,
    },
    { expect: { toolResult: { name: "Bash", isError: true, contains: "fail 1" } } },
    {
      say: "`a discount is rounded to the nearest cent` fails. I'll look at the code and at what the test wants.",
      calls: [
        { name: "Grep", input: { pattern: "Math\\.", output_mode: "content" } },
        { name: "Read", input: { file_path: "cart.js" } },
        { name: "Read", input: { file_path: "cart.test.js" } },
      ],
      chunks: 6,
    },
    { expect: { toolResults: [{ contains: "Math.floor" }, { contains: "Math.floor" }, { contains: "1648" }] } },
    {
      say: "`total` cuts the fraction off with `Math.floor`; the doc comment and the test want the **nearest** cent.",
      call: {
        name: "Edit",
        input: {
          file_path: "cart.js",
          old_string: "return Math.floor(cents - (cents * percent) / 100);",
          new_string: "return Math.round(cents - (cents * percent) / 100);",
        },
      },
      chunks: 5,
    },
    { expect: { toolResult: { name: "Edit", isError: false } } },
    {
      say: "Now the suite again.",
      call: { name: "Bash", input: { command: "node --test", description: "Run the test suite" } },
    },
    { expect: { toolResult: { name: "Bash", isError: false, contains: "fail 0" } } },
    {
      say: "The suite passes.\n\n- **Cause:** `total` in `cart.js` rounded down with `Math.floor`.\n- **Fix:** one line, `Math.round` instead.\n- **Verified:** `node --test` ends with 3 passed, 0 failed.\n",
      chunks: 12,
    },
  ],
};
