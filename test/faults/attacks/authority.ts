/** All attacks on authority. */
import type { Attack } from "./attack.ts";
import { errors } from "./authority-errors.ts";
import { constructors, globals } from "./authority-globals.ts";
import { lent, shared } from "./authority-objects.ts";
import { text } from "./authority-text.ts";

export const authority: readonly Attack[] = [...globals, ...constructors, ...errors, ...lent, ...shared, ...text];
