/** Things frozen in one value; what is beyond stays as it is. */
const mostFrozen = 100_000;

/**
 * Freezes a value and what it holds, so that whoever changes a cached object hears about it at once, where it happens, instead of changing it for
 * everybody. For development: it costs a walk over the value when it is stored. Bytes (typed arrays, buffers) cannot be frozen and are left.
 */
export function freezeDeep<Value>(value: Value): Value {
  const waiting: unknown[] = [value];
  for (let count = 0; waiting.length > 0 && count < mostFrozen; count++) {
    const one = waiting.pop();
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one) || Object.isFrozen(one)) continue;
    Object.freeze(one);
    for (const property of Object.values(Object.getOwnPropertyDescriptors(one))) waiting.push(property.value);
  }
  return value;
}
