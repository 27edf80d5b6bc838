/** Signs of cross-site scripting (OWASP XSS Filter Evasion Cheat Sheet). Values are decoded and in lower case. */
import type { Sign } from './sign.ts'

export const SCRIPT_GATE = /<|javascript:|\bon\w{3,20}\s*=/

/** A carrier alone is what ad-tech and analytics send of pages; what it would run makes the attack. */
export const SCRIPT_SIGNS: readonly Sign[] = [
  {
    name: 'inlineScript',
    weight: 3,
    group: 'carrier',
    pattern: /<script(?:\s*|\s+[^>]{0,40})>\s*[^<\s]/,
  },
  { name: 'scriptTag', weight: 2, group: 'carrier', pattern: /<\/?script\b/ },
  {
    name: 'handlerInTag',
    weight: 3,
    group: 'carrier',
    pattern:
      /<[a-z!/][^>]{0,200}[\s/"'](?:on(?:error|load|click|mouse\w+|focus\w*|blur|toggle|start|begin|end|key\w+|submit|pointer\w+|animation\w+|input|change|wheel|hashchange|pageshow|resize|scroll))\s*=/,
  },
  {
    name: 'handler',
    weight: 2,
    group: 'carrier',
    pattern: /["']\s*(?:on(?:error|load|click|mouse\w+|focus\w*|toggle))\s*=/,
  },
  {
    name: 'scriptUri',
    weight: 2,
    group: 'carrier',
    pattern:
      /(?:src|href|action|data|formaction)\s*=\s*["']?\s*(?:javascript|vbscript|data:text\/html)\s*:?/,
  },
  { name: 'javascriptValue', weight: 2, group: 'carrier', pattern: /^\s*javascript:[^\s]*\(/ },
  {
    name: 'proofCall',
    weight: 3,
    pattern:
      /\b(?:alert|prompt|confirm)\s*(?:\(|`)\s*(?:['"`/\d)]|xss|document|window|string|1|this|origin)|console\.log\s*\(/,
  },
  {
    name: 'theft',
    weight: 3,
    pattern:
      /document\s*(?:\.|\[['"])\s*(?:cookie|domain|write)|localstorage\.|new image\(\)\s*\.src|window\.location\s*=|\.getitem\(/,
  },
  {
    name: 'codeFromText',
    weight: 2,
    pattern: /\b(?:eval|settimeout|atob|fromcharcode|function)\s*\(/,
  },
  {
    name: 'breaksOut',
    weight: 1,
    pattern: /^[^<]{0,40}["'][^<]{0,8}>\s*<|<\/(?:title|textarea|style|script)>\s*</,
  },
]
