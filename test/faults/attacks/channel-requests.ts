/** Requests of every wrong kind, and floods of them. */
import { type ChannelAttack, one } from "./channel-attack.ts";

export const requests: readonly ChannelAttack[] = [
  one(
    "names of objects",
    "asks storage for the members that all objects have",
    "they are not there",
    `const found = []; for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) if ((await ctx.storage.get(key)) !== undefined) found.push(key); return found.length > 0 ? "GOT " + found : "nothing";`,
    { answer: "nothing" },
  ),
  one(
    "pollution by storage",
    "stores under __proto__",
    "it is a key like others, or refused",
    `try { await ctx.storage.set("__proto__", { polluted: 1 }); } catch { return "nothing"; } return (await ctx.storage.get("polluted")) === undefined ? "nothing" : "GOT a polluted store";`,
    { answer: "nothing" },
  ),
  one(
    "huge argument",
    "asks with an argument of 40 million characters",
    "the request fails, and the guest lives",
    `try { await ctx.fs.read("x".repeat(4e7)); return "GOT"; } catch { return "nothing"; }`,
    { ends: "answers" },
  ),
  one(
    "wrong arguments",
    "asks with arguments of every wrong kind",
    "each request fails with a code",
    `for (const bad of [undefined, null, 1, [], {}, { toString: () => "notes.txt" }, ["notes.txt"], true]) { try { await ctx.fs.read(bad); return "GOT a file for " + typeof bad; } catch (error) { if (typeof error.code !== "string" && !(error instanceof TypeError)) return "GOT an error without a code"; } } return "nothing";`,
    { answer: "nothing" },
  ),
  one(
    "bytes of a class of its own",
    "writes bytes whose class says other things than it holds",
    "what is written is what lies in memory, or nothing",
    `class Odd extends Uint8Array { get byteLength() { return 1e9; } get buffer() { return new ArrayBuffer(1e3); } get length() { return 1e9; } } try { await ctx.fs.write("out.bin", new Odd(4), { expect: null }); } catch {} return "nothing";`,
    { grants: { "fs.write": ["./**"] }, ends: "answers" },
  ),
  one(
    "flood of requests",
    "asks for 10,000 effects at once",
    "they are answered in turn, or the guest is ended with a code",
    `const all = await Promise.allSettled(Array.from({ length: 1e4 }, () => ctx.storage.get("a"))); return all.length === 1e4 ? "nothing" : "GOT";`,
    { timeoutMs: 5_000 },
  ),
  one(
    "flood of progress",
    "reports progress a million times",
    "the core's memory does not grow with it",
    `for (let i = 0; i < 1e6; i++) ctx.progress("line " + i); return "nothing";`,
    { timeoutMs: 10_000 },
  ),
  one(
    "flood of logs",
    "logs a million lines",
    "the log is cut, and the core's memory does not grow with it",
    `for (let i = 0; i < 1e6; i++) { ctx.log("line " + i); console.log(i); } return "nothing";`,
    { timeoutMs: 10_000 },
  ),
  one(
    "long lines",
    "logs and reports texts of 10 million characters",
    "each is cut, or the guest is ended with a code",
    `for (let i = 0; i < 20; i++) { const long = "x".repeat(1e7); ctx.log(long + i); ctx.progress(long); } return "nothing";`,
    { timeoutMs: 10_000 },
  ),
  one(
    "terminal codes",
    "logs and reports terminal codes",
    "none passes",
    `ctx.log("\\u001b]0;title\\u0007\\u001b[2J"); ctx.progress("\\u001b[2J\\r\\u009b2J"); return "nothing";`,
    { ends: "answers" },
  ),
  one(
    "no grant",
    "uses every effect without a grant",
    "each fails with PERMISSION_DENIED, or for want of a session",
    `const codes = []; for (const act of [() => ctx.fs.read("notes.txt"), () => ctx.fs.write("x", "y", { expect: null }), () => ctx.fs.list({ pattern: "*", limit: 1 }), () => ctx.net.fetch(input.url), () => ctx.process.exec(["true"]), () => ctx.process.host(["true"]), () => ctx.process.list(), () => ctx.secrets.read("CANARY"), () => ctx.model.ask("x"), () => ctx.user.ask([{ question: "x", options: [{ label: "a" }, { label: "b" }] }]), () => ctx.user.notify("x"), () => ctx.storage.set("a", 1), () => ctx.session.events()]) { try { await act(); return "GOT " + act; } catch (error) { codes.push(error.code); } } return codes.every((code) => code === "PERMISSION_DENIED" || code === "NET_DENIED") ? "nothing" : "GOT " + codes;`,
    { grants: {}, answer: "nothing" },
  ),
];
