/** Signs of path traversal and file inclusion (CWE-22, CWE-98). Values are decoded and in lower case. */
import type { Sign } from './sign.ts'

export const PATH_GATE =
  /\.\.|\/etc\/|[a-z]:[\\/]|:\/\/|proc\/|\.ini|web-inf|wp-config|\x00|\\u\{0\}|id_rsa|@|^\/ecp\/|setupwizard|serviceaccount/

export const PATH_SIGNS: readonly Sign[] = [
  { name: 'climbs', weight: 2, group: 'climb', pattern: /(?:\.\.+[\\/]+){2,}/ },
  { name: 'climbsFar', weight: 3, group: 'climb', pattern: /(?:\.\.+[\\/]+){3,}/ },
  { name: 'climbsToRoot', weight: 4, group: 'climb', pattern: /(?:\.\.+[\\/]+){5,}/ },
  {
    name: 'climbsOnceToFile',
    weight: 1,
    group: 'climb',
    pattern: /\.\.[\\/](?:etc|windows|boot|proc|winnt)[\\/.]/,
  },
  {
    name: 'climbsFromRoot',
    weight: 2,
    where: ['parameter', 'body'],
    pattern: /^[\\/]+(?:\.\.+[\\/]+){2,}/,
  },
  {
    name: 'encodedClimb',
    weight: 2,
    isRaw: true,
    pattern:
      /(?:%2e%2e|\.%2e|%2e\.|\.\.)(?:%2f|%5c)|(?:%2e%2e|\.%2e|%2e\.)[\\/]|%252e%252e|\.\.%25(?:2f|5c)|%c0%a[ef]|%c1%9c|\.\.%u221[56]/i,
  },
  {
    name: 'systemFile',
    weight: 3,
    pattern:
      /\betc[\\/]+(?:passwd|shadow|group|issue|hosts|sudoers|motd|crontab|ssh[\\/]sshd_config)\b|\bproc[\\/]+self[\\/]+(?:environ|cmdline|version|fd|maps|status)|\b(?:win|boot|system|php)\.ini\b|windows[\\/]+(?:system32|win\.ini|repair)|web-inf[\\/]+web\.xml|wp-config\.php|\.ssh[\\/]+(?:id_rsa|authorized_keys)|\bvar[\\/]+log[\\/]+(?:auth|apache|nginx|httpd|messages)/,
  },
  {
    name: 'wholeValueIsSystemFile',
    weight: 1,
    where: ['parameter', 'body'],
    // A file's name and further words are a question about the file.
    pattern:
      /^(?:file:\/\/)?[\\/]+(?:etc|proc)[\\/]+(?:passwd|shadow|self|hosts)(?!\S*\s+[a-z]{2})/,
  },
  {
    name: 'wrapper',
    weight: 4,
    pattern:
      /\b(?:php:\/\/(?:filter|input)|expect:\/\/|phar:\/\/|zip:\/\/[^\s]{1,80}#|data:(?:\/\/)?text\/(?:plain|x-php)[;,])/,
  },
  {
    name: 'fileUri',
    weight: 2,
    where: ['parameter', 'body'],
    pattern: /^\s*(?:file|gopher|dict):\/\//,
  },
  {
    name: 'cloudMetadata',
    weight: 4,
    where: ['parameter', 'body', 'json'],
    pattern:
      /^\s*https?:\/\/(?:169\.254\.169\.254|100\.100\.100\.200|metadata\.google\.internal|\[fd00:ec2::254\])(?:[:/]|$)/,
  },
  {
    name: 'userInPath',
    weight: 5,
    where: ['parameter'],
    pattern: /^@[\w.-]{1,100}\/(?:mapi|powershell|ews|owa|ecp|oab)\b|autodiscover\.json\?@/,
  },
  {
    name: 'clusterSecret',
    weight: 4,
    where: ['parameter', 'body'],
    pattern: /\bsecrets\/kubernetes\.io\/serviceaccount\/token\b/,
  },
  {
    // Set up anew (CVE-2024-1709), and scripts where Exchange keeps none (CVE-2021-26855).
    name: 'pastTheLogin',
    weight: 5,
    where: ['path'],
    pattern: /\/setupwizard\.aspx\/.|^\/ecp\/\w{1,16}\.js$/,
  },
  { name: 'cutByZero', weight: 2, pattern: /(?:\x00|\\u\{0\})(?:\.\w{2,5})?$/ },
  {
    name: 'includesScript',
    weight: 4,
    where: ['parameter'],
    pattern: /^\s*(?:https?|ftp):\/\/[^\s?&]{3,100}\.(?:txt|php\d?|gif|jpe?g|inc|dat)\?{1,2}\s*$/,
  },
  {
    name: 'readsConfiguration',
    weight: 4,
    where: ['path'],
    pattern:
      /\.%00\.|\/cgi-bin\/\.%%32%65|\/\.%%32%65|::\$data$|\/public\/plugins\/[\w-]+\/(?:\.\.\/)+|\/(?:dana-na|vpns?)\/.{0,40}\.\.\/|\/tmui\/login\.jsp\/\.\.;|\/\.\.;\//,
  },
]
