/** What HTTP says: requests, answers, the beginnings of bodies, and what is known of a whole flow. */

export interface HttpRequest {
  readonly kind: 'http-request'
  readonly method: string
  readonly uri: string
  readonly host: string | null
  readonly userAgent: string | null
  readonly contentType: string | null
  /** Scheme of the Authorization header in lower case (`basic`); never its value. */
  readonly authScheme: string | null
  /** Content-Length; null when absent. */
  readonly contentBytes: number | null
  /** Whole header lines that hold a quote, a tag, braces or a climbing path: the first ones; often none. */
  readonly oddHeaders: readonly string[]
  /** Which of the headers that browsers send were there. */
  readonly hasAccept: boolean
  readonly hasAcceptLanguage: boolean
  readonly hasReferer: boolean
  readonly hasCookie: boolean
  /** Equal for requests of one session within one sensor, and of no other use; null without its cookie. */
  readonly session: number | null
  /** The head was seen to its end: what is missing was not sent, rather than not captured. */
  readonly isWhole: boolean
}

/** How the body of the message before begins, as far as one segment holds it. Told, never stored. */
export interface HttpBody {
  readonly kind: 'http-body'
  readonly isFromResponder: boolean
  readonly format: 'pe' | 'elf' | 'java-class' | 'script' | 'text' | 'binary'
  /** Its first 1024 characters; empty where it is no text. */
  readonly text: string
}

export interface HttpResponse {
  readonly kind: 'http-response'
  /** What was asked for last before it; null where that was not read, or could not be kept until now. */
  readonly request: HttpRequest | null
  readonly status: number
  readonly contentType: string | null
  readonly server: string | null
  readonly contentBytes: number | null
}

/** What an HTTP/2 client has burdened its server with since this was last told of the flow. Told, never stored. */
export interface Http2Burden {
  readonly kind: 'http2-burden'
  /** Requests. */
  readonly opened: number
  /** Of them, or of those before, the ones taken back in the same breath. */
  readonly takenBack: number
  /** Frames that ask for an answer and nothing else, or bring nothing. */
  readonly empty: number
}

export interface HttpFacts {
  readonly kind: 'http'
  /** Of the flow's first request. */
  readonly method: string | null
  readonly uri: string | null
  readonly host: string | null
  readonly userAgent: string | null
  readonly authScheme: string | null
  /** Of the flow's first response. */
  readonly status: number | null
  readonly contentType: string | null
  readonly server: string | null
  readonly requests: number
  readonly responses: number
  /** Responses with a status of 400 to 499, and from 500 on. */
  readonly clientErrors: number
  readonly serverErrors: number
  /** Responses 401 and 407. */
  readonly authFailures: number
}
