import { expect, test } from "vitest";
import { compareVersions, isInRange, parseVersion } from "../../core/install/semver.ts";

const inRange = (version: string, range: string): boolean | undefined => {
  const parsed = parseVersion(version);
  if (!parsed) throw new Error(`${version} is no version`);
  return isInRange(parsed, range);
};

test.each([
  ["0.1.0", ">=0.1"],
  ["0.1.5", "^0.1.2"],
  ["1.9.9", "^1"],
  ["0.0.3", "^0.0.3"],
  ["0.0.9", "^0.0"],
  ["0.9.0", "^0.x"],
  ["1.2.9", "~1.2.3"],
  ["1.9.0", "~1"],
  ["1.2.0", "1.2"],
  ["1.2.7", "1.2.x"],
  ["5.0.0", "*"],
  ["5.0.0", ""],
  ["1.5.0", ">=1 <2"],
  ["1.5.0", ">= 1.0.0 < 2.0.0"],
  ["3.0.0", "^1 || ^3"],
  ["1.9.9", "1 - 1.9"],
  ["2.0.0", ">1"],
  ["1.9.9", "<=1"],
  ["1.0.0-beta.2", ">=1.0.0-beta.1"],
  ["1.0.0", "^1.0.0-rc.1"],
  ["1.2.3", "v1.2.3"],
  ["1.2.3", "=1.2.3"],
])("%s is in %s", (version, range) => {
  expect(inRange(version, range)).toBe(true);
});

test.each([
  ["0.2.0", "^0.1.2"],
  ["2.0.0", "^1"],
  ["0.0.4", "^0.0.3"],
  ["0.1.0", "^0.0"],
  ["1.0.0", "^0.x"],
  ["1.3.0", "~1.2.3"],
  ["1.3.0", "1.2"],
  ["2.0.0", ">=1 <2"],
  ["1.9.9", ">1"],
  ["2.0.0", "1 - 1.9"],
  ["2.0.0-beta.1", "^1"],
  ["1.1.0-beta.1", "^1"],
  ["1.0.0-beta.1", "*"],
  ["1.0.0", "<*"],
])("%s is not in %s", (version, range) => {
  expect(inRange(version, range)).toBe(false);
});

test.each(["latest", "^", ">=", "1.2.3.4", "^a", "1 || x.y.z", "01.2.3", ">>1"])("%s is no range", (range) => {
  expect(inRange("1.0.0", range)).toBeUndefined();
});

test.each(["1", "1.2", "1.2.3.4", "v1.2.3", "1.2.03", "1.2.3-", ""])("%s is no version", (text) => {
  expect(parseVersion(text)).toBeUndefined();
});

test("pre-releases come before their release, numbers before words, each part in turn", () => {
  const order = [
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-beta",
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "2.0.0",
  ];
  const parsed = order.map((text) => parseVersion(text)).filter((one) => one !== undefined);
  expect(parsed.toReversed().toSorted(compareVersions)).toEqual(parsed);
});
