import * as z from "zod";
import { globProblem } from "./glob.ts";

const pattern = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, context) => {
    const problem = globProblem(text.replace(/^!/, ""));
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

/** Of a path, the last pattern that fits counts; one that begins with `!` takes the path out again. */
export const guardOptions = z.strictObject({
  patterns: z.array(pattern).min(1).max(200).default(["migrations/**", "**/*.lock", "LICENSE*", ".github/workflows/**"]),
  verdict: z.enum(["ask", "deny"]).default("ask"),
  reason: z.string().min(1).max(300).optional(),
});

export type GuardOptions = z.infer<typeof guardOptions>;
