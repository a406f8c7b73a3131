/** A model name is `provider/name`: all after the first `/` belongs to the provider. */

export const modelNamePattern = /^[a-z][a-z0-9-]*\/[^\x00-\x20\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$/;

export function isModelName(value: unknown): value is string {
  return typeof value === "string" && value.length <= 4096 && modelNamePattern.test(value);
}
