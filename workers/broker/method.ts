/** One method that a plugin may ask for: the kind it needs, the shape of its arguments, what covers it and who carries it out. */
import type { ErrorCode } from "../../core/contract/errors.ts";
import type { Json } from "../../core/contract/messages.ts";
import type { Grants, PermissionKind } from "../../core/contract/permissions.ts";
import type { BrokerHost, LiveCall } from "../broker.ts";
import type { ScopePlace } from "../effects/effect.ts";
import { text } from "./argument-shapes.ts";

/** Something that lives as long as its call: a body, a program. */
export interface Held {
  kind: PermissionKind;
  close(): void;
  /** What must be covered besides the request that opened it, such as where its redirects led. */
  covers?(scope: unknown): boolean;
}

type ScopeOf<Kind extends PermissionKind> = NonNullable<Grants[Kind]>;

/** Where a request is made: what scopes may be relative to. */
export interface RequestPlace extends ScopePlace {
  sessionId?: string | undefined;
}

/** What a method may use while it runs. */
export interface MethodEnv<Kind extends PermissionKind = PermissionKind> {
  plugin: string;
  place: ScopePlace;
  host: BrokerHost;
  call: LiveCall;
  /** As it was covered. */
  scope: ScopeOf<Kind>;
  /** As it is at this moment. */
  scopeNow(): Grants[Kind];
  /** Aborted with CALL_ENDED when the call ends or is cancelled. */
  signal: AbortSignal;
  hold(held: Held): string;
  held(handle: string): Held;
  drop(handle: string): void;
}

/** One request with its shape checked. */
export interface ReadRequest {
  /** Of its reply, as far as can be told before; undefined where it is small or bounded otherwise. */
  replyBytes?: number;
  covers(scope: unknown, place: RequestPlace): Promise<boolean>;
  describe(): Promise<string>;
  perform(env: MethodEnv): Promise<Json>;
  /** It is about what another request has opened: that one is asked about again. */
  handle?: string;
}

export interface Method {
  kind: PermissionKind;
  /** Of this kind at once, for one plugin. */
  most: number;
  /** The code of a refusal; PERMISSION_DENIED without one. */
  deniedAs?: ErrorCode;
  /** REQUEST_INVALID. */
  read(args: readonly Json[]): ReadRequest;
}

export interface Row<Kind extends PermissionKind, Request> {
  kind: Kind;
  most: number;
  deniedAs?: ErrorCode;
  read(args: readonly Json[]): Request;
  /** The file of the kind; loaded with its first request. */
  effect(): Promise<{
    covers(scope: ScopeOf<Kind>, request: Request, place: RequestPlace): boolean;
    describe(request: Request): string;
  }>;
  perform(request: Request, env: MethodEnv<Kind>): Promise<Json>;
  replyBytes?(request: Request): number;
  handleOf?(request: Request): string;
}

export function method<Kind extends PermissionKind, Request>(row: Row<Kind, Request>): Method {
  return {
    kind: row.kind,
    most: row.most,
    ...(row.deniedAs !== undefined && { deniedAs: row.deniedAs }),
    read(args) {
      const request = row.read(args);
      return {
        // The scope is the grant of this very kind: the broker looks it up by it.
        covers: async (scope, place) => (await row.effect()).covers(scope as ScopeOf<Kind>, request, place),
        describe: async () => (await row.effect()).describe(request),
        perform: (env) => row.perform(request, env as MethodEnv<Kind>),
        ...(row.replyBytes && { replyBytes: row.replyBytes(request) }),
        ...(row.handleOf && { handle: row.handleOf(request) }),
      };
    },
  };
}

/** Results of effects are plain data by their types. */
export function asJson(value: object): Json {
  return value as unknown as Json;
}

export const handle = text(64);

/** For requests about a handle: the broker asks the grant of now about the request that opened it. */
export function onHandle(words: string) {
  return async () => ({ covers: (): boolean => true, describe: (): string => words });
}
