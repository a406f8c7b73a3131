/** The tool calls of a step: exactly these, in the order of the log. */
import type { SeenCall } from "./calls.ts";
import { checkText } from "./expect-text.ts";
import { type Failure, shown } from "./failure.ts";
import type { CallExpectation, Place } from "./format.ts";
import { misfits } from "./subset.ts";

export function checkCalls(
  wanted: readonly CallExpectation[] | undefined,
  calls: readonly SeenCall[],
  place: Place,
): Failure[] {
  if (wanted === undefined) return [];
  const failures = wanted.slice(0, calls.length).flatMap((expected, index) => {
    const call = calls[index];
    return call === undefined ? [] : checkCall(expected, call, { place: [...place, index], number: index + 1 });
  });
  if (wanted.length === calls.length) return failures;
  const counted = {
    place,
    what: "there should be exactly these calls",
    wanted: `${wanted.length}: ${wanted.map(({ tool }) => tool).join(", ") || "none"}`,
    found: `${calls.length}: ${calls.map(({ tool, outcome, code }) => [tool, outcome, code].filter(Boolean).join(" ")).join(", ") || "none"}`,
  };
  return [counted, ...failures];
}

function checkCall(wanted: CallExpectation, call: SeenCall, { place, number }: { place: Place; number: number }): Failure[] {
  const subject = `call ${number} (${call.tool})`;
  const failures: Failure[] = [];
  for (const key of ["tool", "outcome", "code"] as const) {
    if (wanted[key] === undefined || wanted[key] === call[key]) continue;
    const found = key === "tool" ? call.tool : `${call[key] ?? "nothing"}; it was told ${shown(call.result)}`;
    failures.push({ place: [...place, key], what: `${subject}: its ${key}`, wanted: String(wanted[key]), found });
  }
  if (wanted.input !== undefined)
    failures.push(...misfits(wanted.input, call.input, { place: [...place, "input"], subject: `${subject}: input` }));
  failures.push(
    ...checkText(wanted.result, { text: call.result, subject: `${subject}: its result`, place: [...place, "result"] }),
  );
  return failures;
}
