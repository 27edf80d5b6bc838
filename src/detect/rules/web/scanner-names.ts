/** How scanners of web servers give themselves away: by name, and by the places they ask for. */

/** Tools by their own user agents. */
const TOOLS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/nikto/i, 'Nikto'],
  [/sqlmap/i, 'sqlmap'],
  [/nmap scripting engine/i, 'Nmap NSE'],
  [/dirbuster/i, 'DirBuster'],
  [/gobuster/i, 'Gobuster'],
  [/feroxbuster/i, 'feroxbuster'],
  [/\bdirb\b|\bdirsearch\b/i, 'dirsearch'],
  [/wfuzz|fuzz faster u fool|\bffuf\b/i, 'a web fuzzer'],
  [/nuclei/i, 'Nuclei'],
  [/wpscan/i, 'WPScan'],
  [/acunetix/i, 'Acunetix'],
  [/openvas|greenbone/i, 'OpenVAS'],
  [/nessus|\bsoap-nessus/i, 'Nessus'],
  [/netsparker|invicti/i, 'Netsparker'],
  [/\bw3af\b|w3af\./i, 'w3af'],
  [/arachni\//i, 'Arachni'],
  [/skipfish/i, 'Skipfish'],
  [/whatweb/i, 'WhatWeb'],
  [/havij/i, 'Havij'],
  [/zmeu|morfeus|muieblackcat|jorgee/i, 'a botnet scanner'],
  [/\bzgrab\b|zgrab\//i, 'ZGrab'],
  [/masscan/i, 'masscan'],
  [/l9explore|l9tcpid|leakix/i, 'LeakIX'],
  [/^hello, ?world/i, 'a botnet scanner'],
  [
    /commix|xsser|joomscan|cmsmap|droopescan|jaeles|wafw00f|fimap|vega\/|paros\/|webinspect|appscan/i,
    'a vulnerability scanner',
  ],
]

/** Returns the tool's name; null for everybody else. */
export function scannerOf(userAgent: string): string | null {
  for (const [pattern, name] of TOOLS) if (pattern.test(userAgent)) return name
  return null
}

/** Places that nobody is sent to by a link, and where secrets, consoles or known holes lie. */
export const SENSITIVE_PATH =
  /\/\.(?:git|svn|hg|env|aws|ssh|htpasswd|htaccess|ds_store|vscode|docker|npmrc|bash_history)(?:[./?]|$)|\/(?:wp-config\.php|config\.php)[.~_-]|\/(?:phpmyadmin|pma|myadmin|adminer(?:\.php)?|phpinfo\.php|info\.php|server-status|server-info|manager\/html|jmx-console|web-console|actuator(?:\/|$)|solr\/admin|xmlrpc\.php|wp-login\.php|administrator\/|admin\.php|console\/login|hudson|jenkins\/|cgi-bin\/test|\.well-known\/\.\.|trace\.axd|elmah\.axd|web\.config|crossdomain\.xml\.bak|id_rsa|_ignition|telescope|vendor\/phpunit)|\/(?:backup|dump|database|db|site|www|old|bak)s?[\w-]{0,12}\.(?:sql|zip|tar|tgz|gz|rar|bak|7z)|\.(?:bak|old|swp|orig|save)(?:$|\?)/i
