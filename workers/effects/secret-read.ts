/** secret.read: one secret by its name. Performed in the core; the value is in no message and no log of ours. */
import { GantryError } from "../../core/contract/errors.ts";
import { coversName } from "../../core/permission/grants.ts";

export interface SecretRequest {
  name: string;
}

export function covers(scopes: readonly string[], { name }: SecretRequest): boolean {
  return coversName(scopes, name);
}

export function describe({ name }: SecretRequest): string {
  return `read the secret ${JSON.stringify(name.slice(0, 100))}`;
}

/** SECRET_UNKNOWN when there is none of this name, or an empty one. */
export function perform({ name }: SecretRequest, { secret }: { secret(name: string): string | undefined }): string {
  const value = secret(name);
  if (value !== undefined && value !== "") return value;
  throw new GantryError("SECRET_UNKNOWN", `there is no secret ${name}`, { detail: { name } });
}
