/** Builds messages of DCE/RPC as clients send them. */
import { concat } from '../packets/packet-builder.ts'

const little16 = (value: number): number[] => [value & 255, value >>> 8]

function message(kind: number, body: Uint8Array): Uint8Array {
  const head = [5, 0, kind, 3, 0x10, 0, 0, 0, ...little16(16 + body.length), 0, 0, 1, 0, 0, 0]
  return concat(new Uint8Array(head), body)
}

function uuidBytes(uuid: string): Uint8Array {
  const bytes = Uint8Array.from(uuid.replaceAll('-', '').match(/../g)!, (hex) => parseInt(hex, 16))
  return Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (at) => bytes[at]!)
}

/** Binds context 0 to an interface. */
export function rpcBind(uuid: string): Uint8Array {
  const head = new Uint8Array([0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0])
  const transfer = uuidBytes('8a885d04-1ceb-11c9-9fe8-08002b104860')
  const version = new Uint8Array([1, 0, 0, 0])
  return message(11, concat(head, uuidBytes(uuid), version, transfer, version))
}

/** Calls one of context 0's operations. */
export function rpcRequest(opnum: number, stub: Uint8Array = new Uint8Array(4)): Uint8Array {
  return message(0, concat(new Uint8Array([0, 0, 0, 0, 0, 0, ...little16(opnum)]), stub))
}
