/** The request that a connection awaits an answer to: held until it comes, out of the room that all flows' texts share. */
import type { HttpRequest } from '../facts.ts'
import type { TextBudget } from '../reader.ts'

export class AwaitedRequest {
  readonly #room: TextBudget
  #request: HttpRequest | null = null
  #taken = 0

  constructor(room: TextBudget) {
    this.#room = room
  }

  /** Null where none is held. */
  get request(): HttpRequest | null {
    return this.#request
  }

  /** Holds a request in the place of the one before; without room it is not held. */
  hold(request: HttpRequest): void {
    this.forget()
    const characters = charactersOf(request)
    if (!this.#room.take(characters, true)) return
    this.#request = request
    this.#taken = characters
  }

  /** Gives the room back; as often as one likes. */
  forget(): void {
    this.#room.giveBack(this.#taken)
    this.#request = null
    this.#taken = 0
  }
}

function charactersOf({ uri, host, userAgent, contentType, oddHeaders }: HttpRequest): number {
  const odd = oddHeaders.reduce((sum, line) => sum + line.length, 0)
  return uri.length + odd + lengthOf(host) + lengthOf(userAgent) + lengthOf(contentType)
}

const lengthOf = (text: string | null): number => text?.length ?? 0
