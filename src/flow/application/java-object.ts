/**
 * Serialised Java objects of the classes that run commands when they are read, on connections of no known application:
 * RMI, JMX, T3, and whatever else takes objects from strangers.
 *
 * Source: Java Object Serialization Specification §6.4.2; the gadget chains that ysoserial lists.
 */
import { latin1At, type Payload } from './payload.ts'
import type { ReadingContext } from './reader.ts'

const SHORTEST = 64
const MAGIC = [0xac, 0xed, 0x00, 0x05] as const

/** Classes that no program sends to another, since their use is within one. */
const GADGETS =
  /org\.apache\.commons\.collections4?\.(?:functors|keyvalue|comparators)\.|InvokerTransformer|TemplatesImpl|AnnotationInvocationHandler|BadAttributeValueExpException|JdbcRowSetImpl|runtime\.(?:MethodClosure|ConvertedClosure)|beanutils\.BeanComparator|MethodInvokeTypeProvider|syndication\.feed\.impl\.|PoolBackedDataSource|bsh\.XThis|ClassTableEntry[^]{0,400}java\.rmi\.registry\.Registry|com\.tangosol\.util\.(?:filter|extractor)\./

/** Tells of the class that gives an object away, if the client sends such a one. Cost: one search for a byte. */
export function tellJavaObject(context: ReadingContext, payload: Payload, side: number): void {
  if (side !== 0 || payload.payloadCaptured < SHORTEST || !holdsMagic(payload)) return
  const text = GADGETS.exec(latin1At(payload))?.[0]
  if (text === undefined) return
  context.tell({ kind: 'raw-sign', sign: 'java-object', isFromResponder: false, text })
}

function holdsMagic({ buffer, payloadOffset, payloadCaptured }: Payload): boolean {
  const end = payloadOffset + payloadCaptured - MAGIC.length
  let at = buffer.indexOf(MAGIC[0], payloadOffset)
  while (at >= 0 && at <= end) {
    if (MAGIC.every((byte, index) => buffer[at + index] === byte)) return true
    at = buffer.indexOf(MAGIC[0], at + 1)
  }
  return false
}
