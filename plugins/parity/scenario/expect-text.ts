/** Checks of a text: what each of them wants, and the text as it is. */
import type { TextCheck } from "./checks.ts";
import { matchesExpression } from "./expression.ts";
import { type Failure, quoted } from "./failure.ts";
import type { Place } from "./format.ts";

/** `subject` is how the text is called in words: `stdout`, `the result of Read`. */
export function checkText(
  checks: TextCheck | TextCheck[] | undefined,
  { text, subject, place }: { text: string; subject: string; place: Place },
): Failure[] {
  if (checks === undefined) return [];
  if (!Array.isArray(checks)) return checkOne(checks, { text, subject, place });
  return checks.flatMap((check, index) => checkOne(check, { text, subject, place: [...place, index] }));
}

function checkOne(check: TextCheck, { text, subject, place }: { text: string; subject: string; place: Place }): Failure[] {
  const failures: Failure[] = [];
  const fail = (key: keyof TextCheck, verb: string): void => {
    failures.push({
      place: [...place, key],
      what: `${subject} should ${verb}`,
      wanted: quoted(check[key] ?? ""),
      found: quoted(text),
    });
  };
  if (check.contains !== undefined && !text.includes(check.contains)) fail("contains", "contain");
  if (check.notContains !== undefined && text.includes(check.notContains)) fail("notContains", "not contain");
  if (check.equals !== undefined && text !== check.equals) fail("equals", "equal");
  if (check.matches !== undefined && !matchesExpression(check.matches, text)) fail("matches", "match");
  return failures;
}
