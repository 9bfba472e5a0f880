/** A JSON value as the strict reader makes it: numbers are safe integers, strings hold no lone surrogates. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. Keys are own properties, whatever they are called (`__proto__` included). */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
