/** Bytes between a plugin and the wire: fast, and without a Buffer or its pool ever reaching the plugin. */
import { types } from "node:util";
import { cleanly } from "./cleanly.ts";

// The platform's own look at what a value is: nothing of the value's runs, and nothing is thrown for what is no buffer.
const { isArrayBuffer } = types;

// The intrinsics' own getters: a view of a plugin's own class may answer anything.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (prototype: object, name: string | symbol): (() => unknown) => {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (get === undefined) throw new Error(`This engine has no getter for ${String(name)}`);
  return get;
};
const viewOf = (prototype: object) => ({
  buffer: getter(prototype, "buffer"),
  offset: getter(prototype, "byteOffset"),
  length: getter(prototype, "byteLength"),
});
const ofTypedArray = viewOf(typedArray);
const ofDataView = viewOf(DataView.prototype);
const tagOf = getter(typedArray, Symbol.toStringTag);

export function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || isArrayBuffer(value);
}

/** A plain view of the same memory. */
export function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  const view = Reflect.apply(tagOf, value, []) === undefined ? ofDataView : ofTypedArray;
  const [buffer, offset, length] = [view.buffer, view.offset, view.length].map((get) => Reflect.apply(get, value, []));
  return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number);
}

export function base64Of(value: ArrayBuffer | ArrayBufferView): string {
  const { buffer, byteOffset, byteLength } = bytesOf(value);
  return cleanly(() => Buffer.from(buffer, byteOffset, byteLength).toString("base64"));
}

/** In memory of their own: a Buffer's may be shared with others. */
export function bytesFromBase64(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.byteLength(text, "base64"));
  const written = Buffer.from(bytes.buffer).write(text, "base64");
  return written === bytes.length ? bytes : bytes.slice(0, written);
}
