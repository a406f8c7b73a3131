/** The bundler's process: a request on stdin, an answer on stdout, nothing else. */
import { text } from "node:stream/consumers";
import { bundle } from "./build.ts";
import type { BundleAnswer, BundleRequest } from "./messages.ts";

const request = JSON.parse(await text(process.stdin)) as BundleRequest;
const answer: BundleAnswer = await bundle(request, import.meta.dirname);
process.stdout.write(JSON.stringify(answer));
