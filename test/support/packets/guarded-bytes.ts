/** Bytes that tell on whoever reads outside them: JavaScript alone would answer `undefined` in silence. */
export class GuardedBytes {
  readonly view: Uint8Array

  constructor(bytes: Uint8Array) {
    this.view = new Proxy(bytes, {
      get(target, key) {
        if (typeof key === 'string' && /^-?\d+$/.test(key) && !(Number(key) in target)) {
          throw new RangeError(`read of byte ${key} of ${target.length}`)
        }
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  }
}
