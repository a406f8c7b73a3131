import { expect, test } from "vitest";
import { createRedactor } from "../../core/turn/redact.ts";

const redact = createRedactor([{ NOTES_TOKEN: "correct.horse(battery)", SHORT_KEY: "abc", PATH: "/usr/bin:/bin:/usr/local" }]);
const through = (text: string): unknown => redact.content([{ type: "text", text }])[0];

test.each([
  ["a GitHub token", `x ghp_${"a1".repeat(18)} y`],
  ["an Anthropic key", `x sk-ant-${"api03-".repeat(8)} y`],
  ["an AWS key id", "x AKIAIOSFODNN7EXAMPLE y"],
  ["a private key", "x -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- y"],
  ["an encrypted key", "x -----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC,0A\n\nMIIE\n-----END RSA PRIVATE KEY----- y"],
  ["the value of a secret variable", "x correct.horse(battery) y"],
])("%s is taken out of a result", (_what, text) => {
  expect(through(text)).toEqual({ type: "text", text: "x [redacted] y" });
});

test("short values, other variables and images are left alone", () => {
  const image = { type: "image" as const, mediaType: "image/png", data: "AKIAIOSFODNN7EXAMPLE" };
  expect(redact.content([{ type: "text", text: "abc /usr/bin:/bin:/usr/local" }, image])).toEqual([
    { type: "text", text: "abc /usr/bin:/bin:/usr/local" },
    image,
  ]);
});

test("a result's data is redacted at every depth, and else stays as it is", () => {
  const data = { stdout: "x correct.horse(battery)", exitCode: 0, parts: [{ text: "AKIAIOSFODNN7EXAMPLE" }, null, true] };
  expect(redact.data(data)).toEqual({ stdout: "x [redacted]", exitCode: 0, parts: [{ text: "[redacted]" }, null, true] });
});

test("a long text of beginnings of keys costs no more than any other text", () => {
  const text = "-----BEGIN PRIVATE KEY-----".repeat(150_000);
  expect(redact.text(text)).toBe(text);
  const dashes = `-----BEGIN PRIVATE KEY-----${"a-".repeat(2_000_000)}`;
  expect(redact.text(dashes)).toBe(dashes);
});
