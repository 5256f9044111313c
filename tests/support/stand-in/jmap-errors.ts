/** Ends one method call with a method-level error (RFC 8620 §3.6.2). */
export class MethodError extends Error {
  readonly type: string;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(type: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(type);
    this.type = type;
    this.extra = extra;
  }
}

/** Refuses the whole HTTP request with problem details (RFC 8620 §3.6.1). */
export class RequestRefused extends Error {
  readonly status: number;
  readonly type: string;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, type: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(type);
    this.status = status;
    this.type = type;
    this.extra = extra;
  }
}

export function invalidArguments(...names: readonly string[]): MethodError {
  return new MethodError('invalidArguments', { arguments: names });
}
